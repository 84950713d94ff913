-- The events table in PostHog's shape, and some events of the last three hours to export.
CREATE TABLE IF NOT EXISTS posthog.events (
  uuid UUID,
  event String,
  properties String,
  timestamp DateTime64(6, 'UTC'),
  team_id Int64,
  distinct_id String,
  elements_chain String,
  created_at DateTime64(6, 'UTC'),
  person_id UUID,
  person_created_at DateTime64,
  person_properties String,
  group0_properties String,
  group1_properties String,
  group2_properties String,
  group3_properties String,
  group4_properties String,
  person_mode Enum8('full' = 0, 'propertyless' = 1, 'force_upgrade' = 2),
  _timestamp DateTime,
  _offset UInt64,
  inserted_at Nullable(DateTime64(6, 'UTC')) DEFAULT now64(6)
) ENGINE = ReplacingMergeTree(_timestamp)
PARTITION BY toYYYYMM(timestamp)
ORDER BY (team_id, toDate(timestamp), event, cityHash64(distinct_id), cityHash64(uuid));

INSERT INTO posthog.events (uuid, event, properties, timestamp, team_id, distinct_id, created_at, person_id, _timestamp, inserted_at)
SELECT
  generateUUIDv4(number),
  ['$pageview', '$autocapture', 'signed up'][1 + number % 3],
  concat('{"$ip": "203.0.113.', toString(number % 256), '", "path": "/', toString(number % 50), '"}'),
  now64(6, 'UTC') - toIntervalSecond(number),
  1,
  concat('user-', toString(number % 500)),
  now64(6, 'UTC'),
  generateUUIDv4(number + 1000000),
  now(),
  now64(6, 'UTC') - toIntervalSecond(number)
FROM numbers(10800);
