/** The fields of a session, in the order of new tables. Their rules are in docs/models.md. */
import { FieldType, RecordSchema } from "@batch-exports/core"

const { bool, float64, int64, list, text, timestamp } = FieldType

const field = (name: string, type: FieldType.FieldType, nullable: boolean, description: string) => ({
  name,
  type,
  nullable,
  description,
  created: true,
})

const maybe = (name: string, description: string) => field(name, text(), true, description)
const count = (name: string, description: string) => field(name, int64, false, description)

export const schema = RecordSchema.make(
  field("team_id", int64, false, "The team (project) that the session belongs to."),
  field("session_id", text(), false, "The session's id, a UUID of version 7."),
  field("session_id_v7", text(), false, "The same id as a decimal number."),
  field("distinct_id", text(), false, "Whose session it is: the distinct_id of its last event."),
  field("start_timestamp", timestamp(6), false, "When its first event happened."),
  field("end_timestamp", timestamp(6), false, "When its last event happened."),
  field("urls", list(text()), false, "The addresses viewed, each once, sorted."),
  count("num_uniq_urls", "How many addresses were viewed."),
  count("pageview_count", "Events $pageview, each uuid once."),
  count("autocapture_count", "Events $autocapture, each uuid once."),
  count("screen_count", "Events $screen, each uuid once."),
  count("page_screen_autocapture_count_up_to", "Those three together, up to 2: enough to know a bounce."),
  count("session_duration", "Whole seconds from start to end."),
  count("duration", "The same as session_duration."),
  field("is_bounce", bool, true, "One view or click at most, in less than ten seconds."),
  field("channel_type", text(), false, "What brought the visitor."),
  maybe("entry_current_url", "The first address."),
  maybe("entry_hostname", "Its host name."),
  maybe("entry_pathname", "Its path."),
  maybe("end_current_url", "The last address."),
  maybe("end_hostname", "Its host name."),
  maybe("end_pathname", "Its path."),
  maybe("exit_current_url", "The same as end_current_url."),
  maybe("exit_pathname", "The same as end_pathname."),
  maybe("last_external_click_url", "The last link followed to another site."),
  maybe("entry_referring_domain", "The site that the visitor came from."),
  maybe("entry_utm_source", "The first utm_source."),
  maybe("entry_utm_campaign", "The first utm_campaign."),
  maybe("entry_utm_medium", "The first utm_medium."),
  maybe("entry_utm_term", "The first utm_term."),
  maybe("entry_utm_content", "The first utm_content."),
  maybe("entry_gclid", "Google's click id."),
  maybe("entry_gad_source", "Google's ad source."),
  maybe("entry_fbclid", "Facebook's click id."),
  maybe("entry_gclsrc", "Google's click source."),
  maybe("entry_dclid", "Google Display's click id."),
  maybe("entry_gbraid", "Google's click id for apps on iOS."),
  maybe("entry_wbraid", "Google's click id for the web on iOS."),
  maybe("entry_msclkid", "Microsoft's click id."),
  maybe("entry_twclid", "X's click id."),
  maybe("entry_li_fat_id", "LinkedIn's click id."),
  maybe("entry_mc_cid", "Mailchimp's campaign id."),
  maybe("entry_igshid", "Instagram's share id."),
  maybe("entry_ttclid", "TikTok's click id."),
  maybe("entry__kx", "Klaviyo's id."),
  maybe("entry_irclid", "impact.com's click id."),
  field("vitals_lcp", float64, true, "The first Largest Contentful Paint, in milliseconds."),
  field("inserted_at", timestamp(6), false, "When the newest of its events was ingested: the version of the record."),
)
