/** Which addresses can be posted to: webhooks, telemetry. What is said of one never holds it: it may be secret. */

/** To these `fetch` connects never: those of other protocols (https://fetch.spec.whatwg.org/#port-blocking). */
const BLOCKED = new Set(
  `1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137
  139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723
  2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080`.split(/\s+/),
)

/** Undefined where one can. */
export const problemOfAddress = (text: string): string | undefined => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return "must be an http or https address"
  const { password, port, username } = new URL(text)
  if (username !== "" || password !== "") return "must be an address without user and password"
  return BLOCKED.has(port)
    ? `must have another port: nothing is sent to ${port}, which belongs to another protocol`
    : undefined
}
