/**
 * The newest state of every distinct_id that changed, or whose person did, in one statement. Subqueries may see the tables at
 * slightly different moments. That does no harm: each value is the newest of some moment after the window's end, mapping and
 * person are versioned apart, and what arrived in between belongs to a later window.
 */
import type { Slice } from "./SourceModel.ts"
import { isWithin, since } from "./slices.ts"
import { all } from "../sql/text.ts"

export interface Tables {
  readonly persons: string
  readonly mappings: string
  /** A condition on `team_id`. */
  readonly team: string
}

/** Each column of a person that moves with its version. */
const personColumns = ["properties", "created_at", "is_deleted"] as const
type PersonColumn = (typeof personColumns)[number]

const isPersonColumn = (name: string): name is PersonColumn => (personColumns as ReadonlyArray<string>).includes(name)

export const changedPersons = ({ persons, team }: Tables): string =>
  `SELECT team_id, id FROM ${persons} WHERE ${team} AND _timestamp >= ${since}`

/** Keys of which at least one row says that something changed; those that once belonged to a changed person, too. */
const changedMappings = (tables: Tables, slice: Slice): string => {
  const conditions = [
    tables.team,
    ...isWithin(slice, ["team_id", "distinct_id"]),
    `(_timestamp >= ${since} OR (team_id, person_id) IN (${changedPersons(tables)}))`,
  ]
  return `SELECT team_id, distinct_id FROM ${tables.mappings} WHERE ${conditions.join(" AND ")}`
}

const mappings = (tables: Tables, slice: Slice): string => {
  const which = slice.everything
    ? isWithin(slice, ["team_id", "distinct_id"])
    : [`(team_id, distinct_id) IN (${changedMappings(tables, slice)})`]
  return `
    SELECT team_id AS mapped_team, distinct_id, argMax(person_id, version) AS mapped_person, max(version) AS mapping_version
    FROM ${tables.mappings} WHERE ${all(tables.team, ...which)}
    GROUP BY team_id, distinct_id`
}

const persons = (tables: Tables, slice: Slice, columns: ReadonlyArray<string>): string => {
  const ofChanged = `SELECT team_id, person_id FROM ${tables.mappings} WHERE ${tables.team} AND (team_id, distinct_id) IN (${changedMappings(tables, slice)})`
  const which = slice.everything ? [] : [`(team_id, id) IN (${ofChanged})`]
  const newest = columns.filter(isPersonColumn).map((column) => `argMax(${column}, version) AS newest_${column}`)
  return `
    SELECT ${["team_id", "id", "max(version) AS newest_version", ...newest].join(", ")}
    FROM ${tables.persons} WHERE ${all(tables.team, ...which)}
    GROUP BY team_id, id`
}

/** What `personsFrom` can give, and what stands for it inside. */
const outputs = {
  team_id: "team_id",
  distinct_id: "distinct_id",
  person_id: "id",
  person_distinct_id_version: "mapping_version",
  person_version: "newest_version",
  properties: "newest_properties",
  created_at: "newest_created_at",
  is_deleted: "newest_is_deleted",
} as const

export type Output = keyof typeof outputs

export const outputNames = Object.keys(outputs) as ReadonlyArray<Output>

/** The persons stream through; the mappings, which are short, are held. A mapping without its person waits for it. */
export const personsFrom = (tables: Tables, slice: Slice, columns: ReadonlyArray<Output>): string => `(
  SELECT ${columns.map((name) => `${outputs[name]} AS ${name}`).join(", ")}
  FROM (${persons(tables, slice, columns)}
  ) AS p ALL INNER JOIN (${mappings(tables, slice)}
  ) AS m ON p.team_id = m.mapped_team AND p.id = m.mapped_person
)`

/** How many keys there are, and how many have changed, as far as two narrow scans can tell. */
export const personsSurvey = ({ mappings: mapped, persons: people, team }: Tables): string => `
SELECT persons, changed_persons, mappings, changed_mappings FROM
  (SELECT count() AS persons, countIf(_timestamp >= ${since}) AS changed_persons FROM ${people} WHERE ${team}) AS p
  CROSS JOIN
  (SELECT count() AS mappings, countIf(_timestamp >= ${since}) AS changed_mappings FROM ${mapped} WHERE ${team}) AS m`
