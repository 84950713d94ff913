/** A text as one word of a shell command, for remedies that name one: an export may be called `my export`. */
export const shellWord = (text: string): string =>
  /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
