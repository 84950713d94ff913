/** What is exported: the model, its settings and filters, and the columns that the destination will have. */
import { useEffect, useId, useState } from "preact/hooks"
import { asProblem, post, type Problem } from "../api/client.ts"
import type { FieldProblem, Model, SourceKind } from "../api/types.ts"
import { Notice } from "../ui/parts.tsx"
import { Fields } from "./Fields.tsx"
import { Frame } from "./Field.tsx"
import { type JsonSchema, textOf, type Values } from "./schema.ts"

interface Props {
  readonly sources: ReadonlyArray<SourceKind>
  readonly source: string | undefined
  readonly onSource: (name: string) => void
  readonly destination: string
  readonly value: Values
  readonly onChange: (value: Values) => void
  readonly problems: ReadonlyArray<FieldProblem>
}

/** The kinds of a selection: what tells them apart is the name. */
export const variants = (selection: JsonSchema): ReadonlyArray<readonly [string, JsonSchema]> =>
  (selection.anyOf ?? [selection]).flatMap((schema) => {
    const name = schema.properties?.["name"]?.enum?.[0]
    return name === undefined ? [] : [[String(name), schema] as const]
  })

const title = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

export const ModelFields = ({ destination, onChange, onSource, problems, source, sources, value }: Props) => {
  const [from, model] = [useId(), useId()]
  const kind = sources.find(({ name }) => name === source) ?? sources[0]
  const kinds = variants(kind?.selection ?? {})
  const name = textOf(value["name"])
  const schema = kinds.find(([each]) => each === name)?.[1]
  return (
    <div class="stack">
      <div class="fields">
        {sources.length < 2 ? null : (
          <Frame id={from} label="Source" help="Sources are named in the configuration file." wrong={undefined}>
            <select id={from} value={kind?.name} onChange={(event) => onSource(event.currentTarget.value)}>
              {sources.map((each) => (
                <option key={each.name}>{each.name}</option>
              ))}
            </select>
          </Frame>
        )}
        <Frame id={model} label="Model" help="What is exported." wrong={undefined}>
          <select
            id={model}
            value={name}
            onChange={(event) => onChange({ ...shared(value), name: event.currentTarget.value })}
          >
            {kinds.map(([each]) => (
              <option key={each} value={each}>
                {title(each)}
              </option>
            ))}
          </select>
        </Frame>
      </div>
      {schema === undefined ? null : (
        <Fields
          key={name}
          schema={schema}
          values={value}
          onChange={onChange}
          pointer="/model"
          problems={problems}
          stored={[]}
          first={(schema.required ?? []).filter((key) => key !== "name")}
        />
      )}
      <Columns source={kind?.name} model={value} destination={destination} />
    </div>
  )
}

/** Whose records they are stays, whichever of their kinds is chosen. */
const shared = ({ teamId }: Values): Values => (teamId === undefined ? {} : { teamId })

const Columns = (props: {
  readonly source: string | undefined
  readonly model: Values
  readonly destination: string
}) => {
  const [seen, setSeen] = useState<{ readonly model?: Model; readonly problem?: Problem }>({})
  const question = JSON.stringify(props)
  useEffect(() => {
    const controller = new AbortController()
    // While somebody types, each letter would be a question to the source.
    const timer = setTimeout(() => {
      post<Model>("/api/models", JSON.parse(question), controller.signal).then(
        (model) => setSeen({ model }),
        (error: unknown) => {
          if (!controller.signal.aborted) setSeen({ problem: asProblem(error) })
        },
      )
    }, 400)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [question])
  const { model, problem } = seen
  if (problem !== undefined) {
    // What is still to be filled in is said beside its field.
    return problem.status === 422 ? null : (
      <Notice tone="warn" title={`The fields cannot be shown: ${problem.message}`}>
        {problem.remedy}
      </Notice>
    )
  }
  if (model === undefined) return null
  const created = model.fields.filter(({ columnType }) => columnType !== null)
  const others = model.fields.filter(({ columnType }) => columnType === null)
  return (
    <details>
      <summary>Schema: {created.length > 0 ? created.length : model.fields.length} columns</summary>
      <div class="stack">
        <p class="muted small">
          {model.identity === "append"
            ? "Records are added."
            : `Records replace older ones with the same ${model.key.join(", ")}.`}
        </p>
        <div class="table">
          <table>
            <caption class="hidden-visually">Columns that the destination will have</caption>
            <thead>
              <tr>
                <th scope="col">Field</th>
                <th scope="col">Type</th>
                <th scope="col">Description</th>
              </tr>
            </thead>
            <tbody>
              {(created.length > 0 ? created : model.fields).map((field) => (
                <tr key={field.name}>
                  <td class="mono">{field.name}</td>
                  <td class="mono">{field.columnType ?? field.type}</td>
                  <td>{field.description}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {created.length > 0 && others.length > 0 ? (
          <p class="muted small">
            Filled in where the table already has them: {others.map(({ name }) => name).join(", ")}.
          </p>
        ) : null}
      </div>
    </details>
  )
}
