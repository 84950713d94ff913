/** A new destination: chosen, filled in, tested, created. */
import { useEffect, useId, useState } from "preact/hooks"
import { asProblem, post, type Problem } from "../api/client.ts"
import type { DestinationKind, Export, FieldProblem, Session, SourceKind } from "../api/types.ts"
import { useQuery } from "../api/useQuery.ts"
import { DefinitionFields } from "../form/Definition.tsx"
import { Frame } from "../form/Field.tsx"
import { variants } from "../form/ModelFields.tsx"
import { isObject, set, type Values } from "../form/schema.ts"
import { Trial } from "../form/Trial.tsx"
import { go, Link } from "../router.tsx"
import { Button, Loading, Notice, Trouble } from "../ui/parts.tsx"

export const New = ({ session }: { readonly session: Session }) => {
  const sources = useQuery<{ readonly items: ReadonlyArray<SourceKind> }>("/api/sources")
  const destinations = useQuery<{ readonly items: ReadonlyArray<DestinationKind> }>("/api/destinations")
  return (
    <>
      <header class="head">
        <div>
          <h1>New destination</h1>
          <p>Where records go, which, and when.</p>
        </div>
        <Link to={{ page: "list" }} class="button">
          Cancel
        </Link>
      </header>
      <Trouble of={sources.problem ?? destinations.problem} />
      {sources.data === undefined || destinations.data === undefined ? (
        sources.problem === undefined && destinations.problem === undefined ? (
          <Loading />
        ) : null
      ) : (
        <Form sources={sources.data.items} destinations={destinations.data.items} session={session} />
      )}
    </>
  )
}

interface FormProps {
  readonly sources: ReadonlyArray<SourceKind>
  readonly destinations: ReadonlyArray<DestinationKind>
  readonly session: Session
}

const Form = ({ destinations, session, sources }: FormProps) => {
  const model = variants(sources[0]?.selection ?? {})[0]?.[0]
  const [name, setName] = useState("")
  const [value, setValue] = useState<Values>({ model: { name: model }, schedule: { every: "hour", timezone: "UTC" } })
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const nameId = useId()
  const destination = isObject(value["destination"]) ? value["destination"] : {}
  const problems: ReadonlyArray<FieldProblem> = problem?.fields ?? []

  useEffect(() => {
    // Who creates is led to what is wrong, wherever on the page it is.
    if (problem === undefined || problem.fields.length === 0) return
    document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [problem])

  const definition = (): Values =>
    sources.length > 1 && value["source"] === undefined ? set(value, "source", sources[0]?.name) : value

  const create = async () => {
    setBusy(true)
    setProblem(undefined)
    try {
      const made = await post<Export>("/api/exports", { ...definition(), name })
      go({ page: "export", name: made.name, tab: "runs" })
    } catch (error) {
      setProblem(asProblem(error))
      setBusy(false)
    }
  }

  const nameProblem = problems.find(({ pointer }) => pointer === "/name")?.message
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void create()
      }}
    >
      {session.secrets === null ? null : (
        <Notice tone="warn" title="Passwords cannot be stored yet">
          {session.secrets}
        </Notice>
      )}
      <fieldset class="card stack">
        <legend class="hidden-visually">Destination</legend>
        <h2 aria-hidden="true">Destination</h2>
        <div class="choices">
          {destinations.map((kind) => (
            <label class="choice" key={kind.type}>
              <input
                type="radio"
                name="destination"
                value={kind.type}
                checked={destination["type"] === kind.type}
                onChange={() => setValue(set(value, "destination", { type: kind.type }))}
              />
              <strong>{kind.title}</strong>
              <small>{kind.description}</small>
            </label>
          ))}
        </div>
      </fieldset>
      {destination["type"] === undefined ? null : (
        <>
          <section class="card stack" aria-labelledby="name">
            <h2 id="name">Name</h2>
            <div class="fields">
              <Frame
                id={nameId}
                label="Export name"
                help="The ledger at the destination is kept under it: choose one that can stay."
                wrong={nameProblem}
              >
                <input
                  id={nameId}
                  name="/name"
                  type="text"
                  autocomplete="off"
                  value={name}
                  aria-required="true"
                  aria-invalid={nameProblem !== undefined}
                  onInput={(event) => setName(event.currentTarget.value)}
                />
              </Frame>
            </div>
          </section>
          <DefinitionFields
            kinds={{ sources, destinations }}
            value={value}
            onChange={setValue}
            problems={problems}
            stored={[]}
          />
          <section class="card stack" aria-labelledby="test">
            <h2 id="test">Test</h2>
            <Trial definition={definition} onProblem={setProblem} />
          </section>
          <div class="finish">
            <div>
              <Trouble of={problem} />
            </div>
            <Button type="submit" kind="primary" disabled={busy}>
              Create
            </Button>
          </div>
        </>
      )}
    </form>
  )
}
