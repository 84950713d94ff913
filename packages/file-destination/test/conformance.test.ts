/** The laws that every destination keeps, over each way of writing files. */
import { suite } from "@batch-exports/conformance"
import { FileDestination } from "@batch-exports/file-destination"
import { layer } from "./support/harness.ts"

suite(FileDestination, layer())
suite(FileDestination, layer({ format: "csv", compression: "zstd", splitBytes: 4_096 }), {
  variant: "csv, zstd, small files",
})
