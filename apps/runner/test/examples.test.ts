import { createEventsTable } from "@batch-exports/fixtures"
import { clickHouse } from "@batch-exports/dev-services"
import { Effect, Result } from "effect"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { parseAllDocuments } from "yaml"
import { builtIn, decodeText } from "batch-exports"
import { clickHouseClient } from "./support/clients.ts"
import { faultsOf, type Manifest } from "./support/kubernetes.ts"

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")

const decode = (text: string) => decodeText("c.yaml", text, builtIn, { env: () => "x", file: () => undefined })

const manifestsOf = (text: string): ReadonlyArray<Manifest> =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest)

const kubernetes = (): ReadonlyArray<Manifest> => manifestsOf(read("examples/kubernetes/runner.yaml"))

/** Every value under a key, wherever it stands. */
const all = (value: unknown, key: string): ReadonlyArray<unknown> =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, member]) => [...(name === key ? [member] : []), ...all(member, key)])

describe("the examples", () => {
  it("have manifests whose parts find each other, and alerts on figures that there are", () => {
    const manifests = kubernetes()
    assert.deepStrictEqual(
      manifests.map(({ apiVersion, kind }) => `${String(apiVersion)} ${String(kind)}`),
      ["v1 ConfigMap", "apps/v1 Deployment", "policy/v1 PodDisruptionBudget", "networking.k8s.io/v1 NetworkPolicy"],
    )
    const label = { "app.kubernetes.io/name": "batch-exports" }
    for (const labels of all(manifests, "matchLabels").slice(0, 4)) assert.deepStrictEqual(labels, label)
    const template = all(manifests, "template")[0] as { metadata: { labels: unknown } }
    assert.deepStrictEqual(template.metadata.labels, label)
    for (const { port } of all(manifests, "httpGet") as ReadonlyArray<{ port: string }>) {
      assert.include(
        all(manifests, "ports")
          .flat()
          .map((each) => (each as { name?: string }).name),
        port,
      )
    }
    // Runs have their grace before the pod is cut off.
    const config = decode(String(all(manifests, "batch-exports.yaml")[0]))
    const grace = Result.isSuccess(config) ? config.success.runner.grace : Number.NaN
    assert.isAbove(Number(all(manifests, "terminationGracePeriodSeconds")[0]) * 1000, grace)
    const metrics = read("apps/runner/src/runner/metrics.ts")
    const alerts = read("examples/kubernetes/alerts.yaml").match(/batch_exports_\w+/g) ?? []
    assert.isNotEmpty(alerts)
    for (const name of new Set(alerts)) assert.include(metrics, `"${name}"`)
  })

  it("make a secret of all that the manifests need", () => {
    const text = read("examples/kubernetes/runner.yaml")
    const needed = new Set(
      Array.from(text.matchAll(/\$\{(\w+)\}|\b(BATCH_EXPORTS_\w+)/g), ([, one, other]) => one ?? other),
    )
    assert.isAbove(needed.size, 4)
    for (const name of needed) assert.include(text, `--from-literal=${name}=`)
  })

  it("have manifests that Kubernetes takes, by the types and the schemas of its API", async () => {
    const text = read("examples/kubernetes/runner.yaml")
    assert.deepStrictEqual(await faultsOf(manifestsOf(text)), [])
    // Kubernetes leaves out what it does not know, and a probe with it.
    const wrong = text.replace("readinessProbe:", "readinesProbe:").replace("memory: 256Mi", "memory: lots")
    const faults = (await faultsOf(manifestsOf(wrong))).join("\n")
    assert.match(faults, /"readinesProbe"' does not exist in type/)
    assert.match(faults, /requests\/memory must match format "quantity"/)
  })

  it("have manifests that follow practice: least privilege, probes, limits, secrets apart, one pod at a time", () => {
    const manifests = kubernetes()
    const [, deployment, budget] = manifests
    const [pod] = all(all(deployment, "template"), "spec") as ReadonlyArray<Record<string, unknown>>
    assert.isDefined(pod)
    assert.deepInclude(pod["securityContext"], { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } })
    assert.isFalse(pod["automountServiceAccountToken"])
    const containers = pod["containers"] as ReadonlyArray<Record<string, unknown>>
    for (const container of containers) {
      assert.deepStrictEqual(container["securityContext"], {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      })
      assert.deepStrictEqual(
        [container["livenessProbe"], container["readinessProbe"]].flatMap((probe) => all(probe, "path")),
        ["/healthz", "/readyz"],
      )
      const resources = container["resources"] as Record<string, Record<string, string>>
      assert.hasAllKeys(resources["requests"], ["cpu", "memory"])
      assert.hasAllKeys(resources["limits"], ["memory"])
      // Secrets are nowhere but in a Secret, which is not in the repository.
      assert.deepStrictEqual(container["envFrom"], [{ secretRef: { name: "batch-exports" } }])
      assert.isUndefined(container["env"])
    }
    const config = String(all(manifests, "batch-exports.yaml")[0])
    for (const [, value] of config.matchAll(/password: (.*)/g)) assert.match(value ?? "", /^\$\{\w+\}$/)
    // What listens beyond the pod answers nobody without a token, and no Service leads there.
    assert.match(config, /listen: 0\.0\.0\.0/)
    assert.include(read("examples/kubernetes/runner.yaml"), "--from-literal=BATCH_EXPORTS_TOKEN=")
    assert.notInclude(
      manifests.map(({ kind }) => kind),
      "Service",
    )
    const replicas = Number(all(deployment, "replicas")[0])
    assert.isAtLeast(replicas, 2)
    assert.isBelow(Number(all(budget, "minAvailable")[0]), replicas)
    assert.deepInclude(all(deployment, "rollingUpdate")[0], { maxUnavailable: 0 })
  })

  it("have configurations that decode", () => {
    const readme = /```yaml\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? ""
    for (const text of [
      readme,
      read("examples/compose/batch-exports.yaml"),
      read("examples/compose/scheduled.yaml"),
      String(all(kubernetes(), "batch-exports.yaml")[0]),
    ]) {
      const decoded = decode(text)
      assert.deepStrictEqual(
        Result.isSuccess(decoded) ? [...decoded.success.exports.keys()] : decoded.failure.message,
        ["events"],
      )
    }
  })

  it.live("make a ClickHouse table of the documented shape, with events in it", () =>
    Effect.gen(function* () {
      const server = yield* clickHouse()
      const client = yield* clickHouseClient(server)
      yield* Effect.promise(async () => {
        const shape = async (database: string) => {
          const result = await client.query({
            query:
              "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = 'events' ORDER BY position",
            query_params: { database },
            format: "JSONEachRow",
          })
          return result.json()
        }
        await client.command({ query: "CREATE DATABASE posthog" })
        for (const statement of read("examples/compose/clickhouse-init.sql").split(/;\s*$/m)) {
          if (statement.trim() !== "") await client.command({ query: statement })
        }
        await createEventsTable(client, "other")
        assert.deepStrictEqual(await shape("posthog"), await shape("other"))
        const counted = await client.query({
          query: "SELECT toUInt32(count()) AS rows FROM posthog.events",
          format: "JSONEachRow",
        })
        assert.deepStrictEqual(await counted.json(), [{ rows: 10800 }])
      })
    }).pipe(Effect.scoped),
  )
})
