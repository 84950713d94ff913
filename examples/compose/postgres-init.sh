#!/bin/bash
# The exporter's own user and schema, with the privileges it needs and no others.
set -euo pipefail
psql --username postgres --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 --set password="$EXPORTER_PASSWORD" <<'SQL'
CREATE USER posthog WITH PASSWORD :'password';
CREATE SCHEMA posthog_exports;
GRANT CREATE ON SCHEMA posthog_exports TO posthog;
GRANT USAGE ON SCHEMA posthog_exports TO posthog;
SQL
