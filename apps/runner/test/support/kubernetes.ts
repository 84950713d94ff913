/** What Kubernetes would say of manifests: by the types of its API, which know every field, and by its rules for their values. */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export type Manifest = Readonly<Record<string, unknown>>

const root = fileURLToPath(new URL("../../../..", import.meta.url))

const moduleOf = ({ apiVersion, kind }: Manifest) => `kubernetes-models/${String(apiVersion)}/${String(kind)}`

/** Nothing, or what is wrong. A field that is not there, such as `readinesProbe`, is only known to the types. */
export const faultsOf = async (manifests: ReadonlyArray<Manifest>): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  for (const manifest of manifests) {
    const { [String(manifest["kind"])]: Model } = (await import(moduleOf(manifest))) as Record<
      string,
      new (data: Manifest) => { readonly validate: () => void }
    >
    if (Model === undefined) faults.push(`${moduleOf(manifest)} is not there`)
    try {
      if (Model !== undefined) new Model(manifest).validate()
    } catch (error) {
      faults.push(String(error))
    }
  }
  return [...faults, ...unknownFields(manifests)]
}

const unknownFields = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => {
  const folder = join(root, "node_modules/.cache/manifests", String(process.pid))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "manifests.ts")
  const text = manifests.map((manifest, index) =>
    [
      `import type { I${String(manifest["kind"])} as M${index} } from "${moduleOf(manifest)}"`,
      `export const m${index}: M${index} = ${JSON.stringify(manifest, null, 2)}`,
    ].join("\n"),
  )
  writeFileSync(file, text.join("\n"))
  try {
    const options = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--skipLibCheck",
      "--module",
      "nodenext",
      "--types",
      "node",
      "--pretty",
      "false",
    ]
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...options, file], {
      cwd: folder,
      encoding: "utf8",
    })
    return []
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string }
    if (stdout === undefined) throw error
    return stdout.split("\n").filter((line) => line !== "")
  } finally {
    rmSync(folder, { recursive: true })
  }
}
