/** Of what the events are made. Plain strings: they are escaped where they are used. */

/** A string literal of ClickHouse. */
export const literal = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/** A JSON string in which everything but ASCII is escaped. */
export const asciiJson = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

export const eventNames = [
  "$pageview",
  "$autocapture",
  "$pageleave",
  "$identify",
  "purchase completed",
  "Rückgabe angefragt",
]

export const titles = [
  "Pricing – Example",
  "Café “Zoë”",
  "東京の天気 ☀️",
  'a "quote" and a back\\slash',
  "two\nlines\tand a tab",
  "مرحبا بالعالم",
]

export const systems = ["Windows", "Mac OS X", "iOS", "Android", "Linux"]

export const people = ["Zoë Müller", "山田 太郎", "O'Brien, Siobhán", 'Łukasz "Luki" Żak', "Ana 🌻"]

export const plans = ["free", "pro", "enterprise"]

export const variants = ["control", "test", "variant-a", "variant-b", "größen-beratung", "off"]

export const chains = [
  'a.btn.btn-primary:attr__class="btn btn-primary"attr__href="/pricing"nth-child="2"text="See pricing";div.nav:nth-child="1"',
  'button.add-to-cart:attr__data-id="42"nth-child="4"text="In den Warenkorb – Größe M";form:attr__action="/cart"nth-child="1"',
  'span:nth-child="1"nth-of-type="1"text="購入する 🛒";a:attr__href="/商品/靴"nth-child="3"nth-of-type="2"',
]

export const phrases = [
  "The quick brown fox jumps over the lazy dog",
  "Zwölf Boxkämpfer jagen Viktor über den Deich",
  "Voix ambiguë d'un cœur qui préfère les kiwis",
  "いろはにほへと ちりぬるを",
  "pack my box with five dozen liquor jugs",
  'she said "exactly once" and meant it',
  "C:\\exports\\events\\2025",
  "one line\nand another",
  "amazingly few discotheques provide jukeboxes",
  "Съешь же ещё этих мягких булок",
  "🚀 to the 🌕 and back",
  "sphinx of black quartz, judge my vow",
]
