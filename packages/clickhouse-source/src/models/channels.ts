/** Which kind of site a name belongs to, for the channel of a session. The list in docs/models.md is this one. */

export const kinds = ["Search", "Social", "Video", "Shopping"] as const
export type Kind = (typeof kinds)[number]

/** A label of the site's host name, or a whole host name where the label alone would say too little. */
export const sites: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  Search: [
    ..."baidu bing duckduckgo ecosia google kagi naver qwant seznam sogou startpage yahoo yandex".split(" "),
    "search.brave.com",
  ],
  Social: [
    ..."facebook instagram linkedin mastodon pinterest quora reddit snapchat threads tiktok twitter vk weibo whatsapp".split(
      " ",
    ),
    ..."bsky.app fb fb.me ig lnkd.in news.ycombinator.com t.co t.me x.com".split(" "),
  ],
  Video: [..."dailymotion twitch vimeo youtube".split(" "), "youtu.be"],
  Shopping: [..."aliexpress alibaba amazon ebay etsy mercadolibre walmart".split(" "), "shop.app"],
}

/** `utm_medium` of a visit that was paid for. So is every other that begins with `paid`. */
export const paidMedia = "cpa cpc cpm cpv ppc retargeting".split(" ")

/** Channels that `utm_medium` alone decides. */
export const media: ReadonlyArray<readonly [channel: string, media: ReadonlyArray<string>]> = [
  ["Display", "banner display expandable interstitial".split(" ")],
  ["Email", ["e-mail", "e_mail", "email"]],
  ["Affiliate", ["affiliate", "affiliates"]],
  ["Audio", ["audio"]],
  ["SMS", ["sms"]],
  ["Push", "mobile notification push".split(" ")],
]
