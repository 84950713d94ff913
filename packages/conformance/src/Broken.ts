/** A law that was not kept, told so that the author of a destination knows what to mend. */
import { Data } from "effect"

export class Broken extends Data.TaggedError("Broken")<{
  /** What the law promises at this point. */
  readonly expected: string
  readonly seen: string
  /** What to do about it. */
  readonly advice: string
}> {
  override get message(): string {
    return `expected: ${this.expected}\nseen:     ${this.seen}\nto mend:  ${this.advice}`
  }
}

/** What a test shows: the broken law, its promise, what came instead, and how to run it alone. */
export class LawBroken extends Error {
  override readonly name = "LawBroken"
  readonly law: string

  constructor(options: {
    readonly law: string
    readonly says: string
    readonly broken: Broken
    readonly alone: string
  }) {
    const { alone, broken, law, says } = options
    super([law, `the law:  ${says}`, ...broken.message.split("\n"), `alone:    ${alone}`].join("\n  "))
    this.law = law
    // The trace would lead into the suite, and the mistake is in the destination.
    this.stack = `${this.name}: ${this.message}`
  }
}
