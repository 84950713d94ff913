/**
 * What the suite must be told about a destination to test it: where its module is, and how to make, read and reach a
 * target. Test-only; nothing of this is in the contract. Everything that fails here is a defect of the harness: die.
 */
import type { DestinationError, Encoding, FieldType, Reason, RecordSchema } from "@batch-exports/core"
import { Context, type Effect, type Scope } from "effect"
import type { Encoder } from "./encoders/index.ts"
import type { Row } from "./encoders/Value.ts"

export interface Shape {
  /**
   * The URL of a module that exports the plugin, by any name. Child processes import it, with plain Node, to be killed
   * with `kill -9` at every step of an export.
   */
  readonly module: string
  /** A target of its own, empty, that is gone when the scope closes. */
  readonly fresh: Effect.Effect<Target, never, Scope.Scope>
  /** Encoders for encodings that this package has none for. */
  readonly encoders?: Readonly<Record<string, Encoder>>
  /**
   * Where a setting of the user's decides which encoding is taken: those that `Target.config` leaves. The others that the destination
   * declares must be refused then. Absent: all of them are taken.
   */
  readonly encodings?: ReadonlyArray<Encoding.EncodingName>
  readonly failures: Failures
}

export class Harness extends Context.Service<Harness, Shape>()("@batch-exports/conformance/Harness") {}

export interface Target {
  /** The configuration as a user would write it: JSON, not decoded, with secrets of at least eight characters. */
  readonly config: unknown
  /** What a reader of the target sees now, in any order. A target that does not exist yet has no rows. */
  readonly rows: (fields: ReadonlyArray<RecordSchema.Field>) => Effect.Effect<ReadonlyArray<Row>>
  /**
   * What is there besides the rows and the ledger, one name each: staging tables, temporary files, locks, open
   * transactions. Empty while nothing runs.
   */
  readonly leftovers: Effect.Effect<ReadonlyArray<string>>
  /**
   * One text for each row that differs whenever the row was written again, even if to the same values: in Postgres,
   * `xmin` and `ctid`. Where the system tells, the suite sees that unchanged rows are left alone.
   */
  readonly writes?: Effect.Effect<ReadonlyArray<string>>
  /** For a destination that is reached over TCP: the suite puts a proxy in between, holds it, and cuts it. */
  readonly network?: Network
  /** Settings that are wrong in one way each, and the step of `check` that must find it. */
  readonly misconfigured: ReadonlyArray<Misconfigured>
  /** For `target: "tabular"` only. */
  readonly tabular?: Tabular
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Network {
  readonly server: Address
  /** The same configuration, but reached at another address. */
  readonly through: (proxy: Address) => unknown
}

export interface Misconfigured {
  /** Completes "when …": `the password is wrong`. */
  readonly when: string
  readonly config: unknown
  /** The id of the step that fails. */
  readonly step: string
  /** The reason that `plan` and `open` fail for. */
  readonly reason: Reason.Reason
}

/** How laws prepare and look at a table, as its owner would by hand. */
export interface Tabular {
  /** Another target beside this one, under names that may be hostile. A schema that is not there is made. */
  readonly named: (names: {
    readonly schema?: string
    readonly table?: string
  }) => Effect.Effect<Target, never, Scope.Scope>
  /** The longest name that the system keeps whole, in bytes. */
  readonly nameBytes: number
  /** Makes the table before the destination does. */
  readonly create: (columns: ReadonlyArray<TableColumn>) => Effect.Effect<void>
  readonly addColumn: (column: TableColumn) => Effect.Effect<void>
  /** In order; undefined when there is no table. */
  readonly columns: Effect.Effect<ReadonlyArray<TableColumn> | undefined>
  /** Puts on the table whatever else a user may have there: an index, a view, a trigger, a default. */
  readonly adorn: Effect.Effect<void>
  /** All of that, one description each, so that a law can see that it is still there. */
  readonly adornments: Effect.Effect<ReadonlyArray<string>>
  /** How the system spells the type of a column that the destination creates for a field. */
  readonly typeName: (type: FieldType.FieldType) => string
  /** Types of existing columns that a field's values go into, and ones that are refused before a row is sent. */
  readonly accepts: ReadonlyArray<{ readonly field: FieldType.FieldType; readonly column: string }>
  readonly refuses: ReadonlyArray<{ readonly field: FieldType.FieldType; readonly column: string }>
}

export interface TableColumn {
  readonly name: string
  /** As the system spells it. */
  readonly type: string
  readonly nullable: boolean
  readonly hasDefault: boolean
}

/** How the destination understands errors, without a server: the law walks `examples` and what nobody has seen before. */
export interface Failures {
  readonly classify: (error: unknown) => DestinationError
  readonly examples: ReadonlyArray<{ readonly error: unknown; readonly reason: Reason.Reason }>
}
