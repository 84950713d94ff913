/** Where a runner's state is: in a folder, which one runner uses, or on a Postgres, which any number share. */
import * as Connection from "@batch-exports/postgres-destination/connection"
import { Redacted, Result } from "effect"

export interface Folder {
  readonly _tag: "Folder"
  readonly folder: string
}

export interface Postgres {
  readonly _tag: "Postgres"
  readonly connection: Connection.Connection
  readonly schema: string
}

export type Place = Folder | Postgres

export const defaultFolder = ".batch-exports"
const defaultSchema = "batch_exports"

export const folder = (path: string): Folder => ({ _tag: "Folder", folder: path })

/** `postgres://…`, as for a destination, and the schema in its parameter `schema`. What is wrong is told without any of it. */
export const parse = (url: Redacted.Redacted): Result.Result<Postgres, string> => {
  const [base = "", query = ""] = Redacted.value(url).trim().split("?", 2)
  const parameters = query.split("&").filter((part) => part !== "")
  const [named, ...more] = parameters.filter((part) => part.startsWith("schema="))
  if (more.length > 0) return Result.fail('has the parameter "schema" twice')
  const schema = named === undefined ? defaultSchema : named.slice("schema=".length)
  // It becomes part of statements; a plain name also needs no percent-encoding.
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    return Result.fail("its schema must be small letters, digits and underscores, at most 63 of them")
  }
  const rest = parameters.filter((part) => part !== named)
  return Result.map(
    Connection.parse(Redacted.make(rest.length === 0 ? base : `${base}?${rest.join("&")}`, { label: "state" })),
    (connection) => ({ _tag: "Postgres", connection, schema }),
  )
}

/** For people, without user and password. */
export const describe = (place: Place): string =>
  place._tag === "Folder" ? place.folder : `${Connection.describe(place.connection)}, schema ${place.schema}`
