/** One setting: its label, its input, what it means, and what is wrong with it. */
import type { ComponentChildren } from "preact"
import { useEffect, useId, useState } from "preact/hooks"
import type { FieldProblem } from "../api/types.ts"
import { Button } from "../ui/parts.tsx"
import { Fields } from "./Fields.tsx"
import {
  isFree,
  isObject,
  type JsonSchema,
  kindOf,
  list,
  loose,
  looseText,
  pairs,
  pairsText,
  textOf,
  titleOf,
  type Values,
} from "./schema.ts"

export interface FieldProps {
  readonly name: string
  readonly schema: JsonSchema
  readonly value: unknown
  readonly onChange: (value: unknown) => void
  readonly required: boolean
  /** The JSON pointer of this setting, and all problems that there are. */
  readonly pointer: string
  readonly problems: ReadonlyArray<FieldProblem>
  /** Pointers to secrets that are stored: they stay unless something is typed. */
  readonly stored: ReadonlyArray<string>
}

interface FrameProps {
  readonly id: string
  readonly label: string
  readonly help: string | undefined
  readonly wrong: string | undefined
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** Label, input and the two texts that describe it. */
export const Frame = ({ children, help, id, label, wide, wrong }: FrameProps) => (
  <div class={`field ${wide === true ? "wide" : ""}`}>
    <label for={id}>{label}</label>
    {children}
    <Texts id={id} help={help} wrong={wrong} />
  </div>
)

const Texts = ({ help, id, wrong }: Pick<FrameProps, "id" | "help" | "wrong">) => (
  <>
    {wrong === undefined ? null : (
      <span class="wrong" id={`${id}-wrong`} role="alert">
        {wrong}
      </span>
    )}
    {help === undefined ? null : (
      <span class="help" id={`${id}-help`}>
        {help}
      </span>
    )}
  </>
)

export const Field = (props: FieldProps) => {
  const { name, onChange, pointer, problems, required, schema, stored, value } = props
  const id = useId()
  const kind = kindOf(schema)
  const wrong = problems
    .filter((problem) => problem.pointer === pointer)
    .map(({ message }) => message)
    .join("; ")
  const label = titleOf(name, schema)
  const texts = { help: schema.description, wrong: wrong === "" ? undefined : wrong }
  const attributes = {
    id,
    name: pointer,
    "aria-invalid": wrong !== "",
    "aria-describedby": `${id}-help ${id}-wrong`,
    ...(required ? { "aria-required": true } : {}),
  }
  const hint = schema.default === undefined ? schema.examples?.[0] : schema.default
  const placeholder = textOf(hint)
  switch (kind) {
    case "constant":
      return null
    case "check":
      return (
        <div class="field wide">
          <label class="check">
            <input
              {...attributes}
              type="checkbox"
              checked={value === undefined ? schema.default === true : value === true}
              onChange={(event) => onChange(event.currentTarget.checked)}
            />
            <span>{label}</span>
          </label>
          <Texts id={id} {...texts} />
        </div>
      )
    case "choice":
      return (
        <Frame id={id} label={label} {...texts}>
          <select
            {...attributes}
            value={textOf(value)}
            onChange={(event) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
          >
            <option value="">{schema.default === undefined ? "–" : `${textOf(schema.default)} (default)`}</option>
            {(schema.enum ?? []).map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </Frame>
      )
    case "secret": {
      const kept = stored.includes(pointer)
      return (
        <Frame id={id} label={label} {...texts}>
          <input
            {...attributes}
            type="password"
            autocomplete="new-password"
            value={typeof value === "string" ? value : ""}
            placeholder={kept ? "stored; type to replace it" : ""}
            onInput={(event) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
          />
        </Frame>
      )
    }
    case "group":
      return (
        <fieldset class="field wide stack">
          <legend class="label">{label}</legend>
          <Fields
            schema={schema}
            values={isObject(value) ? value : {}}
            onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
            pointer={pointer}
            problems={problems}
            stored={stored}
          />
        </fieldset>
      )
    case "items":
      return <Items {...props} label={label} />
    default: {
      const text =
        kind === "list"
          ? (Array.isArray(value) ? value : []).map(textOf).join("\n")
          : kind === "pairs"
            ? pairsText(value)
            : kind === "loose"
              ? looseText(schema, value)
              : textOf(value)
      const meant = (typed: string): unknown =>
        kind === "list"
          ? list(typed)
          : kind === "pairs"
            ? pairs(typed)
            : kind === "text" || kind === "long"
              ? typed === ""
                ? undefined
                : typed
              : loose(schema, typed)
      const several = kind === "loose" && isFree(schema)
      const lines = kind === "list" || kind === "pairs" || kind === "long" || several
      const hints = { list: "One for each line.", pairs: "One for each line." } as const
      const more = several ? 'Several lines are a list; "12" in quotes is text.' : hints[kind as keyof typeof hints]
      const help = [schema.description, more].filter(Boolean).join(" ") || undefined
      return (
        <Frame id={id} label={label} {...texts} help={help} wide={kind === "long"}>
          <Typed
            {...attributes}
            lines={lines}
            numeric={kind === "number"}
            placeholder={stored.includes(pointer) ? "stored; type to replace it" : placeholder}
            text={text}
            meant={meant}
            onChange={onChange}
          />
        </Frame>
      )
    }
  }
}

interface TypedProps {
  readonly id: string
  readonly name: string
  readonly lines: boolean
  readonly numeric: boolean
  readonly placeholder: string
  readonly text: string
  readonly meant: (text: string) => unknown
  readonly onChange: (value: unknown) => void
}

/** Keeps what was typed, since a value does not remember a trailing comma. */
const Typed = ({ lines, meant, numeric, onChange, text, ...attributes }: TypedProps) => {
  const [typed, setTyped] = useState(text)
  useEffect(() => {
    if (JSON.stringify(meant(typed)) !== JSON.stringify(meant(text))) setTyped(text)
  }, [text])
  const take = (next: string) => {
    setTyped(next)
    onChange(meant(next))
  }
  return lines ? (
    <textarea
      {...attributes}
      class="code"
      rows={2}
      value={typed}
      onInput={(event) => take(event.currentTarget.value)}
    />
  ) : (
    <input
      {...attributes}
      type="text"
      inputMode={numeric ? "numeric" : "text"}
      autocomplete="off"
      spellcheck={false}
      value={typed}
      onInput={(event) => take(event.currentTarget.value)}
    />
  )
}

/** A list of settings that belong together: filters, for instance. */
const Items = ({
  label,
  onChange,
  pointer,
  problems,
  schema,
  stored,
  value,
}: FieldProps & { readonly label: string }) => {
  const items = (Array.isArray(value) ? value : []).filter(isObject)
  const change = (next: ReadonlyArray<Values>) => onChange(next.length === 0 ? undefined : next)
  return (
    <fieldset class="field wide">
      <legend class="label">{label}</legend>
      {schema.description === undefined ? null : <span class="help">{schema.description}</span>}
      {items.map((item, index) => (
        <div class="repeated" key={index}>
          <Fields
            schema={schema.items ?? {}}
            values={item}
            onChange={(next) => change(items.map((each, at) => (at === index ? next : each)))}
            pointer={`${pointer}/${index}`}
            problems={problems}
            stored={stored}
          />
          <div class="row end">
            <Button slim onClick={() => change(items.filter((_, at) => at !== index))}>
              Remove
            </Button>
          </div>
        </div>
      ))}
      <div>
        <Button slim onClick={() => change([...items, {}])}>
          Add to {(schema.title ?? "the list").toLowerCase()}
        </Button>
      </div>
    </fieldset>
  )
}
