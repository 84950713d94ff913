/** A runner that is told to stop and does so has done what was asked: that is no failure, where an interrupted command is one. */
import { Runtime } from "effect"

let clean = false

export const stopping = (): void => {
  clean = true
}

export const teardown: Runtime.Teardown = (exit, onExit) =>
  Runtime.defaultTeardown(exit, (code) => onExit(code === 130 && clean ? 0 : code))
