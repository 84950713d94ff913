/** How a child process says that it cannot start. Plain, because the children do without Effect: they start in a third of the time. */
export class Refusal extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}
