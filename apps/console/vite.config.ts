/** Builds the console into the runner's compiled package, from where the runner serves it. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("../runner/dist/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // An asset written into the page as text would need a looser policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // `npm run dev` beside a runner.
  server: { proxy: { "/api": "http://127.0.0.1:9464" } },
})
