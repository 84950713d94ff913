/** The channel that brought a session, from the fields of its own record: rules of docs/models.md, as SQL. */
import { all, any, literal, literals } from "../sql/text.ts"
import { kinds, media, paidMedia, sites } from "./channels.ts"

/** Each Nullable SQL. */
export interface Origin {
  readonly source: string
  readonly medium: string
  readonly campaign: string
  readonly domain: string
  readonly gclid: string
  readonly fbclid: string
  readonly gadSource: string
}

const lower = (sql: string) => `lowerUTF8(ifNull(${sql}, ''))`
const has = (sql: string) => `isNotNull(${sql})`
const isOneOf = (sql: string, values: ReadonlyArray<string>) => `${sql} IN (${values.map(literal).join(", ")})`

/** '' where the name is nobody's. */
const kindOf = (sql: string) => {
  const names = kinds.flatMap((kind) => sites[kind])
  const owners = kinds.flatMap((kind) => sites[kind].map(() => kind))
  return `transform(${sql}, ${literals(names)}, ${literals(owners)}, '')`
}

/** By the whole host name, else by its labels from the left; the last one is no site's. */
const kindOfHost = (host: string) =>
  `arrayFirst(k -> k != '', arrayMap(s -> ${kindOf("s")}, arrayPushFront(arrayPopBack(splitByChar('.', ${host})), ${host})))`

/** The kind of site that the visit came from; '' where that is not known. */
export const kindOfSite = ({ domain, fbclid, source }: Origin): string => {
  const host = lower(domain)
  const named = [kindOf(lower(source)), kindOfHost(lower(source)), kindOfHost(host)]
  return `arrayFirst(k -> k != '', [${named.join(", ")}, if(${all(has(fbclid), `${host} = ''`)}, 'Social', '')])`
}

/** `kind` is the name of what `kindOfSite` says. */
export const channelType = (origin: Origin, kind: string): string => {
  const [source, medium, domain] = [lower(origin.source), lower(origin.medium), lower(origin.domain)]
  const isPaid = any(
    isOneOf(medium, paidMedia),
    `startsWith(${medium}, 'paid')`,
    has(origin.gclid),
    has(origin.gadSource),
  )
  const isDirect = all(`${domain} = '$direct'`, `${medium} = ''`, isOneOf(source, ["", "direct", "(direct)"]))
  const branches = [
    `position(${lower(origin.campaign)}, 'cross-network') > 0, 'Cross Network'`,
    `${all(isPaid, `${kind} != ''`)}, concat('Paid ', ${kind})`,
    `${any(has(origin.gclid), has(origin.gadSource))}, 'Paid Search'`,
    `${isPaid}, 'Paid Unknown'`,
    `${isDirect}, 'Direct'`,
    ...media.map(([channel, values]) => `${isOneOf(medium, values)}, ${literal(channel)}`),
    `${isOneOf(source, ["email", "e-mail", "newsletter"])}, 'Email'`,
    `${kind} != '', concat('Organic ', ${kind})`,
    `${medium} = 'organic', 'Organic Search'`,
    `${any(isOneOf(medium, ["referral", "link", "app"]), all(`${domain} != ''`, `${domain} != '$direct'`))}, 'Referral'`,
  ]
  return `multiIf(${branches.join(", ")}, 'Unknown')`
}
