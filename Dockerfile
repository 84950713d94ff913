# syntax=docker/dockerfile:1
# The runner alone: its command line and its console, as an unprivileged user.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund \
 && npm run --workspace apps/runner bundle \
 && npx vite build apps/console

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/apps/runner/package.json /app/apps/runner/batch-exports.example.yaml ./
COPY --from=build /app/apps/runner/bundle ./bundle
COPY --from=build /app/apps/runner/dist/console ./dist/console
USER node
WORKDIR /config
ENTRYPOINT ["node", "/app/bundle/main.js"]
CMD ["--help"]
