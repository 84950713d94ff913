/** A browser of this machine, where there is one. */
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"

const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin"]

const candidates = [
  process.env["CHROMIUM"],
  ...["chromium", "chromium-browser", "google-chrome"].flatMap((name) => folders.map((folder) => join(folder, name))),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]

const executable = candidates.find((path) => path !== undefined && existsSync(path))

export const hasBrowser = executable !== undefined

export const launch = Effect.acquireRelease(
  Effect.promise(() =>
    chromium.launch({
      ...(executable === undefined ? {} : { executablePath: executable }),
      // As root, there is no sandbox; the pages are ours.
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--force-prefers-reduced-motion"],
    }),
  ),
  (browser: Browser) => Effect.promise(() => browser.close()),
)

/** Where pictures for the user guide go; undefined in an ordinary test. */
const pictures = process.env["SCREENSHOTS"]

export const picture = async (page: Page, name: string): Promise<void> => {
  if (pictures === undefined) return
  await page.screenshot({ path: `${pictures}/${name}.png`, animations: "disabled" })
}
