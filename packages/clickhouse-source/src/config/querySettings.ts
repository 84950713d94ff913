/**
 * The settings of ClickHouse that an export may carry. Only those that decide how much a query may use: what could change which
 * rows it gives, or how values are written, is not among them.
 */
import { nearest } from "@batch-exports/core"
import { Schema } from "effect"

export const allowed = [
  // Memory
  "max_memory_usage",
  "max_memory_usage_for_user",
  "memory_overcommit_ratio_denominator",
  "max_untracked_memory",
  // Onto disk
  "max_bytes_before_external_group_by",
  "max_bytes_before_external_join",
  "max_bytes_before_external_sort",
  "max_bytes_ratio_before_external_group_by",
  "max_bytes_ratio_before_external_join",
  "max_bytes_ratio_before_external_sort",
  "max_temporary_data_on_disk_size_for_query",
  "max_temporary_data_on_disk_size_for_user",
  "temporary_files_codec",
  // Ways to work
  "group_by_two_level_threshold",
  "group_by_two_level_threshold_bytes",
  "join_algorithm",
  "max_block_size",
  "optimize_aggregation_in_order",
  "optimize_read_in_order",
  // Time and threads
  "max_execution_time",
  "max_threads",
  "os_thread_priority",
  "priority",
  "workload",
  // How much may be read. Past a limit a query fails; it never ends early.
  "max_bytes_to_read",
  "max_rows_to_read",
  "max_execution_speed",
  "max_execution_speed_bytes",
  "max_network_bandwidth",
  // Clusters
  "enable_parallel_replicas",
  "load_balancing",
  "max_parallel_replicas",
  "prefer_localhost_replica",
  // The answer
  "http_send_timeout",
  "network_zstd_compression_level",
  "http_zlib_compression_level",
] as const

const known: ReadonlyArray<string> = allowed

const problem = (name: string): string | undefined => {
  if (known.includes(name)) return undefined
  const near = nearest(
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    known,
  )
  return `is not a setting that exports may carry, which are only those that limit a query${near === undefined ? "" : `; did you mean "${near}"?`}`
}

const Value = Schema.Union([Schema.Finite, Schema.String, Schema.Boolean])

export const QuerySettings = Schema.Record(Schema.String, Value)
  .annotate({
    title: "Settings",
    aside: true,
    description:
      "Settings of ClickHouse for the queries of exports, by ClickHouse's names: those that limit memory, time, threads and what is read, or say when to use the disk. Without them, the profile of the ClickHouse user decides.",
    examples: [{ max_memory_usage: 10_000_000_000, max_threads: 4, max_execution_time: 3600 }],
  })
  .check(
    Schema.makeFilter((settings: Readonly<Record<string, unknown>>) =>
      Object.keys(settings).flatMap((name) => {
        const issue = problem(name)
        return issue === undefined ? [] : [{ path: [name], issue }]
      }),
    ),
  )

export type QuerySettings = typeof QuerySettings.Type
