import { Effect } from "effect"
import http from "node:http"
import * as Servers from "./servers.ts"
import * as Target from "./target.ts"
import { makeEvents, window } from "./data.ts"
import { oursText } from "./contestants/ours.ts"
import { run } from "./process.ts"
import * as Proc from "./proc.ts"
await Effect.runPromise(Effect.scoped(Effect.gen(function*(){
  const servers = yield* Servers.start({ tls: false })
  const user = yield* Target.makeUser(servers)
  yield* Effect.promise(() => makeEvents(servers.client, "d", { width: "typical", rows: Number(process.argv[2]) }, new AbortController().signal))
  const target = new URL(servers.clickHouse.url)
  const statements: Array<[string,string]> = []
  const proxy = http.createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on("data", (c) => chunks.push(c)); req.on("end", () => {
      const body = Buffer.concat(chunks); const t = performance.now()
      statements.push([req.url!, body.toString()])
      const up = http.request({ host: target.hostname, port: target.port, path: req.url!, method: req.method!, headers: req.headers }, (r) => {
        const first = performance.now() - t
        res.writeHead(r.statusCode!, r.headers); r.pipe(res); r.on("end", () => console.log(`${first.toFixed(0)} ms to head, ${(performance.now()-t).toFixed(0)} ms in all, ${body.length} B: ${body.toString().replace(/\s+/g," ").slice(0,60)}`))
      }); up.end(body) })
  })
  yield* Effect.promise(() => new Promise<void>((r) => proxy.listen(0, "127.0.0.1", () => r())))
  const url = `http://127.0.0.1:${(proxy.address() as any).port}`
  for (let i = 0; i < 1; i++) {
    const postgres = yield* Target.fresh(servers, user)
    const cpu = Proc.cpuOf(servers.enginePid!).own
    statements.length = 0
    const ran = yield* run(oursText.command({ clickHouse: { url, user: servers.clickHouse.user, password: servers.clickHouse.password, database: "d" }, postgres, window }))
    console.log("run", ran.seconds, ran.said.startUp, "engine cpu", (Proc.cpuOf(servers.enginePid!).own - cpu).toFixed(2))
  }
  for (const [u, s] of statements) { if (s.length < 1500) continue
    for (const extra of ["", "&allow_experimental_analyzer=0", "&compile_expressions=0", "&short_circuit_function_evaluation=disable", "&max_threads=1"]) {
      const params = new URL(servers.clickHouse.url + u + extra); params.searchParams.set("query_id", String(Math.random()))
      const cpu = Proc.cpuOf(servers.enginePid!).own; const t = performance.now()
      const r = yield* Effect.promise(() => fetch(params, { method: "POST", body: s, headers: { "X-ClickHouse-User": "default", "X-ClickHouse-Key": servers.clickHouse.password } }).then((r) => r.text()))
      console.log(s.length, extra, (performance.now() - t).toFixed(0), "ms, cpu", (Proc.cpuOf(servers.enginePid!).own - cpu).toFixed(2), r.length, r.slice(0, 40))
    }
    require_fs(s, u)
  }
  proxy.closeAllConnections(); proxy.close()
})))
function require_fs(s: string, u: string) { process.stdout.write(s.length > 0 ? `\n---\n${u.slice(0,900)}\n${s.slice(0, 6000)}\n` : "") }
