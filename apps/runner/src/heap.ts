/**
 * Every chunk read from a socket is memory that only the garbage collector gives back, and V8 lets its young generation grow
 * to tens of megabytes before it looks. Small and steady, it keeps a long export at the size of a short one, at no cost that
 * could be measured.
 */
import { setFlagsFromString } from "node:v8"

export const keepSmall = (): void => {
  setFlagsFromString("--max-semi-space-size=1")
  setFlagsFromString("--semi-space-growth-factor=1")
}
