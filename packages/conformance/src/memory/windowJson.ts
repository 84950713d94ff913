/** Windows on the wire: milliseconds since 1970. */
import { Window } from "@batch-exports/core"
import { DateTime } from "effect"

export type WindowJson = readonly [start: number, end: number]

export const windowToJson = ({ end, start }: Window.Window): WindowJson => [
  start.epochMilliseconds,
  end.epochMilliseconds,
]

export const windowFromJson = ([start, end]: WindowJson): Window.Window =>
  new Window.Window({ start: DateTime.makeUnsafe(start), end: DateTime.makeUnsafe(end) })
