/** The files of a new destination, made from the smallest one that keeps the laws. Text in, text out. */

export interface Place {
  /** `acme`: what a configuration writes as `type`. */
  readonly name: string
  /** Inside the repository of batch exports a package is one of many; outside it stands alone. */
  readonly inside: boolean
  /** Of the packages that it builds on. */
  readonly version: string
}

/** What is wrong with a name, or nothing. */
export const problem = (name: string): string | undefined =>
  /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) && name.length <= 40
    ? undefined
    : "a name is lower-case letters, digits and single hyphens, and begins with a letter: acme, acme-cloud"

export const templates = ["src/index.ts", "test/harness.ts", "test/conformance.test.ts", "package.json"] as const

export const files = (
  place: Place,
  template: Readonly<Record<(typeof templates)[number], string>>,
): Readonly<Record<string, string>> => {
  const title = place.name.split("-").map(capital).join(" ")
  const own = (text: string) =>
    text
      .replaceAll('name: "minimal"', `name: "${place.name}"`)
      .replaceAll('title: "Minimal"', `title: "${title}"`)
      .replaceAll("minimal-destination", `${place.name}-destination`)
      .replaceAll("The smallest destination that keeps the laws", `The ${title} destination, as it begins`)
  const common = {
    "src/index.ts": own(template["src/index.ts"]),
    "test/harness.ts": own(template["test/harness.ts"]),
    "test/conformance.test.ts": template["test/conformance.test.ts"],
  }
  return place.inside
    ? {
        ...common,
        "package.json": json(manifestInside(place, template["package.json"])),
        "tsconfig.json": flat(json(tsconfigInside)),
        "vitest.config.ts": 'import { config } from "../../tooling/vitest.shared.ts"\n\nexport default config\n',
      }
    : {
        ...common,
        "package.json": json(manifestOutside(place, template["package.json"])),
        "tsconfig.json": flat(json(tsconfigOutside)),
        "README.md": readme(place, title),
      }
}

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Lists of names on one line, as the formatter has them. */
const flat = (text: string): string =>
  text.replaceAll(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, names: string) => `[${names.replaceAll(/,\s+/g, ", ")}]`)

type Json = Readonly<Record<string, unknown>>

const manifest = ({ name, version }: Place, template: string): Json => {
  const known = JSON.parse(template) as Json & { readonly devDependencies: Readonly<Record<string, string>> }
  return {
    ...known,
    name: `${name}-destination`,
    dependencies: { "@batch-exports/core": version },
    devDependencies: { ...known.devDependencies, "@batch-exports/conformance": version },
  }
}

const manifestInside = (place: Place, template: string): Json => {
  const { private: _, ...shared } = manifest(place, template)
  return { ...shared, name: `@batch-exports/${place.name}-destination` }
}

const manifestOutside = (place: Place, template: string): Json => {
  const shared = manifest(place, template)
  return {
    ...shared,
    exports: { ".": { types: "./dist/src/index.d.ts", default: "./dist/src/index.js" } },
    scripts: { test: "vitest run", build: "tsc", prepack: "tsc" },
    devDependencies: {
      ...(shared["devDependencies"] as Json),
      "@types/node": "^24.0.0",
      typescript: "^5.9.0 || ^6.0.0 || ^7.0.0",
    },
  }
}

const folders = { rootDir: ".", outDir: "dist" }

const tsconfigInside = {
  extends: "../../tsconfig.base.json",
  compilerOptions: { ...folders, tsBuildInfoFile: "dist/.tsbuildinfo" },
  include: ["src", "test"],
  references: [{ path: "../core" }, { path: "../conformance" }],
}

const tsconfigOutside = {
  compilerOptions: {
    ...folders,
    target: "es2024",
    module: "nodenext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    rewriteRelativeImportExtensions: true,
    declaration: true,
    skipLibCheck: true,
  },
  include: ["src", "test"],
}

const readme = ({ name }: Place, title: string): string => `# The ${title} destination

\`\`\`
npm install
npm test          # the laws that every destination keeps; each one that is broken says what to mend
\`\`\`

It works already: it writes JSON Lines files into a folder, at least once. Change \`src/index.ts\` until it writes where you want,
\`test/harness.ts\` so that the suite can read it back, and the capabilities to what you can promise. The suite tests each promise
both ways.

To export with it, name it in the configuration of the runner, as a file or, once it is published, as a package:

\`\`\`yaml
plugins:
  - ./${name}-destination/src/index.ts
destinations:
  out: { type: ${name}, folder: /var/exports }
\`\`\`
`
