/** The reference destination keeps every law; so does one that promises less, in the weaker form. */
import { MemoryDestination, MemoryHarness, weak, weakCapabilities } from "../src/memory/index.ts"
import { suite } from "../src/index.ts"

suite(MemoryDestination.make(), MemoryHarness.layer())
suite(
  MemoryDestination.make({ parts: weak, capabilities: weakCapabilities }),
  MemoryHarness.layer({ parts: weak, stream: true }),
  {
    variant: "promising less",
  },
)
