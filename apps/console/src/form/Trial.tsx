/** The test of a definition, step by step as each is taken, and what a run would do. */
import { useEffect, useRef, useState } from "preact/hooks"
import { asProblem, post, type Problem } from "../api/client.ts"
import { messages } from "../api/stream.ts"
import type { CheckMessage, Plan } from "../api/types.ts"
import * as Format from "../format.ts"
import { Button, Icon, Notice, Trouble } from "../ui/parts.tsx"

type Step = Extract<CheckMessage, { type: "step" }>["step"]

interface Props {
  readonly definition: () => unknown
  /** So that problems are shown at their fields. */
  readonly onProblem: (problem: Problem | undefined) => void
}

export const Trial = ({ definition, onProblem }: Props) => {
  const [steps, setSteps] = useState<ReadonlyArray<Step>>([])
  const [state, setState] = useState<"idle" | "busy" | "passed" | "failed">("idle")
  const [problem, setProblem] = useState<Problem>()
  const [plan, setPlan] = useState<Plan>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const test = async () => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setSteps([])
    setPlan(undefined)
    setProblem(undefined)
    onProblem(undefined)
    setState("busy")
    try {
      let passed = false
      for await (const message of messages<CheckMessage>("/api/check", definition(), controller.signal)) {
        if (message.type === "step") setSteps((before) => [...before, message.step])
        else passed = message.passed
      }
      setState(passed ? "passed" : "failed")
      if (passed) setPlan(await post<Plan>("/api/plan", definition(), controller.signal))
    } catch (error) {
      if (controller.signal.aborted) return
      const found = asProblem(error)
      setProblem(found)
      onProblem(found)
      setState((before) => (before === "passed" ? before : "failed"))
    }
  }

  return (
    <div class="stack">
      <div class="row">
        <Button onClick={() => void test()} disabled={state === "busy"}>
          Start test
        </Button>
        <span class="muted small">Tries every step that a run would take, and leaves nothing behind.</span>
      </div>
      {steps.length === 0 ? null : (
        <ol class="steps" aria-label="Steps of the test" aria-live="polite">
          {steps.map((step) => (
            <StepLine key={`${step.side} ${step.id}`} step={step} />
          ))}
        </ol>
      )}
      {state === "busy" ? (
        <p class="row muted" role="status">
          <Icon name="busy" kind="spin" /> Testing …
        </p>
      ) : null}
      {state === "passed" ? <Notice tone="good" title="All steps passed." /> : null}
      {state === "failed" && problem === undefined ? (
        <Notice tone="bad" title="A step failed.">
          Do what it says, then test again.
        </Notice>
      ) : null}
      <Trouble of={problem} />
      {plan === undefined ? null : <PlanView plan={plan} />}
    </div>
  )
}

const StepLine = ({ step }: { readonly step: Step }) => (
  <li>
    <Icon name={step.status} kind={step.status === "passed" ? "good" : step.status === "failed" ? "bad" : ""} />
    <span>
      {step.title} <span class="hidden-visually">: {step.status}</span>
      {step.detail === undefined || step.status === "failed" ? null : <span class="muted"> – {step.detail}</span>}
    </span>
    <span class="muted small number">{Format.seconds(step.durationMillis / 1000)}</span>
    {step.status === "failed" ? (
      <div class="more stack tight">
        {step.detail === undefined ? null : <span>{step.detail}</span>}
        {step.remedy === undefined ? null : <strong>To do: {step.remedy}</strong>}
      </div>
    ) : null}
  </li>
)

export const PlanView = ({ plan }: { readonly plan: Plan }) => (
  <section class="stack" aria-label="Plan">
    <h3>What a run would do</h3>
    <dl class="pairs">
      <dt>Target</dt>
      <dd class="mono">{plan.target}</dd>
      <dt>Encoding</dt>
      <dd class="mono">{plan.encoding}</dd>
      {plan.leftOut.length === 0 ? null : (
        <>
          <dt>Left out</dt>
          <dd>{plan.leftOut.join(", ")}</dd>
        </>
      )}
      {plan.notices.length === 0 ? null : (
        <>
          <dt>Notes</dt>
          <dd>{plan.notices.join(" ")}</dd>
        </>
      )}
    </dl>
    {plan.create.length === 0 ? (
      <p class="muted">Everything that it needs is there.</p>
    ) : (
      <>
        <p class="muted">The first run creates:</p>
        <pre tabIndex={0}>{plan.create.map((statement) => `${statement};`).join("\n\n")}</pre>
      </>
    )}
  </section>
)
