/** The laws that every destination keeps. */
import { suite } from "@batch-exports/conformance"
import plugin from "../src/index.ts"
import { layer } from "./harness.ts"

suite(plugin, layer)
