/** A table of persons as a running export has it, and windows of changes to it as the bytes of COPY text. */
import { FieldType, type Model, RecordSchema } from "@batch-exports/core"
import { createHash } from "node:crypto"

const field = (name: string, type: FieldType.FieldType): RecordSchema.Field => ({
  name,
  type,
  nullable: true,
  description: name,
  created: true,
})

export const model: Model.Model = {
  name: "persons",
  description: "Persons",
  schema: RecordSchema.make(
    field("team_id", FieldType.int32),
    field("distinct_id", FieldType.text()),
    field("person_id", FieldType.text()),
    field("properties", FieldType.json),
    field("person_distinct_id_version", FieldType.int32),
    field("person_version", FieldType.int32),
    field("created_at", FieldType.timestamp(6)),
  ),
  identity: {
    _tag: "Upsert",
    key: ["team_id", "distinct_id"],
    versions: [
      { version: "person_distinct_id_version", fields: ["person_id"] },
      { version: "person_version", fields: ["properties", "created_at"], within: ["person_id"] },
    ],
  },
}

export const create = (table: string): string => `CREATE TABLE ${table} (
  team_id INTEGER, distinct_id TEXT, person_id TEXT, properties JSONB, person_distinct_id_version INTEGER,
  person_version INTEGER, created_at TIMESTAMP WITH TIME ZONE, PRIMARY KEY (team_id, distinct_id))`

/** Made by the server, with the same keys as `changes` has. */
export const populate = (table: string, rows: number): string => `INSERT INTO ${table}
  SELECT 1, md5(i::text), md5('p' || i), jsonb_build_object('$initial_os', 'Linux', 'email', md5(i::text) || '@example.com',
         'plan', 'free', 'padding', repeat(md5('x' || i), 6), 'n', i), 1, 1, timestamptz '2026-01-01' + i * interval '1 second'
  FROM generate_series(0, ${rows - 1}) AS i`

const md5 = (text: string): string => createHash("md5").update(text).digest("hex")

export interface Round {
  /** From 0. Versions rise with it. */
  readonly round: number
  readonly changes: number
  /** How many rows the table had at first. */
  readonly rows: number
}

/** Every second change is of a row that is there, spread over the whole table; the others are new. In no order. */
export const changes = ({ changes: count, round, rows }: Round): ReadonlyArray<Buffer> => {
  const chunks: Array<Buffer> = []
  let text = ""
  const stride = Math.floor(rows / count)
  const prime = 7919
  for (let at = 0; at < count; at++) {
    const shuffled = (at * prime) % count
    const id = shuffled % 2 === 0 ? shuffled * stride + round : rows + round * count + shuffled
    const version = round + 2
    const key = md5(String(id))
    text += `1\t${key}\t${md5(`p${id}`)}\t{"$initial_os": "Mac", "email": "${key}@example.com", "plan": "paid", "padding": "${md5(`x${id}`).repeat(6)}", "n": ${id}}\t${version}\t${version}\t2026-01-01 00:00:00+00\n`
    if (text.length >= 65_536) {
      chunks.push(Buffer.from(text))
      text = ""
    }
  }
  return [...chunks, Buffer.from(text)]
}
