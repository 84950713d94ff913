/** Which teams' rows: `team_id` leads the sort key of every PostHog table, so the condition also decides what is read. */
import type { Events } from "../Selection.ts"

export interface TeamFilter {
  readonly condition: string
  readonly params: Readonly<Record<string, unknown>>
}

export const teamFilter = (teamId: Events["teamId"]): TeamFilter => {
  if (teamId === "all") return { condition: "1", params: {} }
  const teams = teamsOf(teamId)
  return teams.length === 1
    ? { condition: "team_id = {team:Int64}", params: { team: teams[0] } }
    : { condition: "team_id IN {teams:Array(Int64)}", params: { teams } }
}

/** One writing for each choice: the same teams in another order are the same export. */
export const canonicalTeams = (teamId: Events["teamId"]): "all" | ReadonlyArray<number> =>
  teamId === "all" ? "all" : teamsOf(teamId)

const teamsOf = (teamId: number | ReadonlyArray<number>) =>
  [...new Set(typeof teamId === "number" ? [teamId] : teamId)].sort((a, b) => a - b)
