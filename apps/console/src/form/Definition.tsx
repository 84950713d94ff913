/** A whole definition of an export as one form: what, where to, when. Both for a new one and for one that is changed. */
import type { DestinationKind, FieldProblem, SourceKind } from "../api/types.ts"
import { Fields } from "./Fields.tsx"
import { ModelFields } from "./ModelFields.tsx"
import { ScheduleFields } from "./ScheduleFields.tsx"
import { isObject, type JsonSchema, set, type Values } from "./schema.ts"

export interface Kinds {
  readonly sources: ReadonlyArray<SourceKind>
  readonly destinations: ReadonlyArray<DestinationKind>
}

interface Props {
  readonly kinds: Kinds
  /** As the API takes it. */
  readonly value: Values
  readonly onChange: (value: Values) => void
  readonly problems: ReadonlyArray<FieldProblem>
  /** Pointers to secrets that are stored. */
  readonly stored: ReadonlyArray<string>
}

const asObject = (value: unknown): Values => (isObject(value) ? value : {})

export const DefinitionFields = ({ kinds, onChange, problems, stored, value }: Props) => {
  const destination = asObject(value["destination"])
  const kind = kinds.destinations.find(({ type }) => type === destination["type"])
  return (
    <>
      <section class="card stack" aria-labelledby="model">
        <h2 id="model">Model</h2>
        <ModelFields
          sources={kinds.sources}
          source={typeof value["source"] === "string" ? value["source"] : undefined}
          onSource={(name) => onChange(set(value, "source", name))}
          destination={kind?.type ?? ""}
          value={asObject(value["model"])}
          onChange={(model) => onChange(set(value, "model", model))}
          problems={problems}
        />
      </section>
      <section class="card stack" aria-labelledby="configuration">
        <div>
          <h2 id="configuration">{kind?.title ?? "Destination"} configuration</h2>
          <p class="muted">{kind?.description}</p>
        </div>
        {kind === undefined ? (
          <p>
            The settings of <code>{String(value["destination"])}</code> are those of the configuration file.
          </p>
        ) : (
          <Fields
            key={kind.type}
            schema={kind.config as JsonSchema}
            values={destination}
            onChange={(next) => onChange(set(value, "destination", next))}
            pointer="/destination"
            problems={problems}
            stored={stored}
            first={kind.form}
          />
        )}
      </section>
      <section class="card stack" aria-labelledby="schedule">
        <h2 id="schedule">Schedule</h2>
        <ScheduleFields
          value={value["schedule"]}
          onChange={(schedule) => onChange(set(value, "schedule", schedule))}
          problems={problems}
        />
      </section>
    </>
  )
}
