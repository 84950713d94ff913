/** Compares what was sent with what is read back, field by field, so that a message names the one value that changed. */
import type { RecordSchema } from "@batch-exports/core"
import { Effect } from "effect"
import { Broken } from "../../Broken.ts"
import type { Row } from "../../encoders/index.ts"
import { canonical } from "../../values/canonical.ts"

/** Both sides hold a field "id" that tells records apart. */
export const unchanged = (
  fields: ReadonlyArray<RecordSchema.Field>,
  sent: ReadonlyArray<Row>,
  seen: ReadonlyArray<Row>,
  context: string,
): Effect.Effect<void, Broken> => {
  const byId = new Map(seen.map((row) => [String(row["id"]), row]))
  const differences = sent.flatMap((row) => {
    const there = byId.get(String(row["id"]))
    if (there === undefined) return [{ expected: `a record with id ${String(row["id"])}`, seen: "none" }]
    return fields.flatMap(({ name, type }) => {
      const [wanted, found] = [canonical(type, row[name] ?? null), canonical(type, there[name])]
      return wanted === found ? [] : [{ expected: `${context}: ${shown(wanted)}`, seen: shown(found) }]
    })
  })
  const [first] = differences
  if (first === undefined && seen.length === sent.length) return Effect.void
  return Effect.fail(
    new Broken({
      ...(first ?? { expected: `${context}: ${sent.length} records`, seen: `${seen.length}` }),
      advice:
        "Store each value exactly as it was sent; a column that cannot hold its field's values belongs into the projection (`as`), or is refused before anything is read.",
    }),
  )
}

/** Escaped, so that what cannot be seen can be told apart; long values by their ends. */
const shown = (text: string): string => {
  const ascii = text.replaceAll(/[^ -~]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
  return ascii.length <= 200 ? ascii : `${ascii.slice(0, 120)} … ${ascii.slice(-60)} (${text.length} characters)`
}
