/** What an export is made of: to read, and to change where it was created here. */
import { useState } from "preact/hooks"
import { asProblem, exportPath, patch, type Problem } from "../api/client.ts"
import type { DestinationKind, Export, SourceKind } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import { change } from "../form/change.ts"
import { DefinitionFields, type Kinds } from "../form/Definition.tsx"
import { isObject, type JsonSchema, type Values } from "../form/schema.ts"
import { Trial } from "../form/Trial.tsx"
import { Button, Loading, Notice, Trouble } from "../ui/parts.tsx"

interface Props {
  readonly of: Export
  readonly reload: () => void
}

export const Configuration = ({ of, reload }: Props) => {
  const sources = useQuery<{ readonly items: ReadonlyArray<SourceKind> }>("/api/sources")
  const destinations = useQuery<{ readonly items: ReadonlyArray<DestinationKind> }>("/api/destinations")
  if (sources.data === undefined || destinations.data === undefined) {
    const problem = sources.problem ?? destinations.problem
    return problem === undefined ? <Loading /> : <Trouble of={problem} />
  }
  const kinds = { sources: sources.data.items, destinations: destinations.data.items }
  return isObject(of.definition) ? (
    <Editor of={of} definition={of.definition} kinds={kinds} reload={reload} />
  ) : (
    <Reader of={of} kinds={kinds} />
  )
}

const Editor = ({ definition, kinds, of, reload }: Props & { readonly definition: Values; readonly kinds: Kinds }) => {
  const [value, setValue] = useState(definition)
  const [problem, setProblem] = useState<Problem>()
  const [state, setState] = useState<"idle" | "busy" | "saved">("idle")
  const secrets = (of.resolved?.destination.secrets ?? []).map((pointer) => `/destination${pointer}`)
  const save = async () => {
    setState("busy")
    setProblem(undefined)
    try {
      const saved = await patch<Export>(exportPath(of.name), change(definition, value))
      // What was typed into secrets is not kept in the page.
      if (isObject(saved.definition)) setValue(saved.definition)
      setState("saved")
      reload()
    } catch (error) {
      setProblem(asProblem(error))
      setState("idle")
    }
  }
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <DefinitionFields
        kinds={kinds}
        value={value}
        onChange={(next) => {
          setValue(next)
          setState("idle")
        }}
        problems={problem?.fields ?? []}
        stored={secrets}
      />
      <section class="card stack" aria-labelledby="test">
        <h2 id="test">Test</h2>
        <Trial definition={() => ({ ...value, name: of.name })} onProblem={setProblem} />
      </section>
      <div class="finish">
        <div>
          <Trouble of={problem} />
          {state === "saved" ? <Notice tone="good" title="Saved. Runs that begin from now on use it." /> : null}
        </div>
        <Button type="submit" kind="primary" disabled={state === "busy"}>
          Save
        </Button>
      </div>
    </form>
  )
}

const Reader = ({ kinds, of }: { readonly of: Export; readonly kinds: Kinds }) => {
  const { resolved } = of
  const schema = kinds.destinations.find(({ type }) => type === resolved?.destination.type)?.config as
    | JsonSchema
    | undefined
  return (
    <div class="stack">
      <Notice title="This export is defined in the configuration file">
        Change it there, then send the runner SIGHUP or start it again.
      </Notice>
      {resolved === null ? null : (
        <>
          <section class="card stack" aria-labelledby="read-destination">
            <h2 id="read-destination">{of.destination?.title ?? "Destination"}</h2>
            <dl class="pairs">
              {settings(resolved.destination.settings).map(([key, text]) => (
                <Setting key={key} name={schema?.properties?.[key]?.title ?? key} text={text} />
              ))}
              {resolved.destination.secrets.map((pointer) => (
                <Setting
                  key={pointer}
                  name={schema?.properties?.[pointer.slice(1)]?.title ?? pointer.slice(1)}
                  text="not shown"
                />
              ))}
            </dl>
          </section>
          <section class="card stack" aria-labelledby="read-model">
            <h2 id="read-model">Model</h2>
            <dl class="pairs">
              {settings(resolved.model).map(([key, text]) => (
                <Setting key={key} name={key} text={text} />
              ))}
            </dl>
          </section>
          <section class="card stack" aria-labelledby="read-schedule">
            <h2 id="read-schedule">Schedule</h2>
            <p>{of.schedule ?? "By hand only."}</p>
          </section>
        </>
      )}
    </div>
  )
}

const Setting = ({ name, text }: { readonly name: string; readonly text: string }) => (
  <>
    <dt>{name}</dt>
    <dd class="mono">{text}</dd>
  </>
)

const settings = (value: unknown): ReadonlyArray<readonly [string, string]> =>
  isObject(value)
    ? Object.entries(value).map(([key, item]) => [key, typeof item === "string" ? item : JSON.stringify(item)])
    : []
