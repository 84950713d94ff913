/** JSON documents that a source may send: valid, and storable by the rules of docs/values.md. */
import { texts } from "./texts.ts"

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`

export const documents: ReadonlyArray<string> = [
  "{}",
  "[]",
  '""',
  "0",
  "-1.50",
  "true",
  "false",
  ' { "a" : [ 1 , null ] } ',
  '{"b":1,"a":2}',
  // Of repeated keys the last wins, wherever it stands.
  '{"a":1,"b":2,"a":{"c":3}}',
  '{"":"","\\u0024set":1,"a.b":{"c d":[]},"\\"":"\\\\"}',
  '"\\u00e9\\ud83d\\ude00\\n\\t\\/"',
  '"\\\\u0000 \\\\ud83d \\\\\\\\u0000"',
  "123456789012345678901234567890.123456789012345678901234567890",
  "[1e5,1E-5,-0,0.1,1.50,9007199254740993,18446744073709551616,1e308,1e-300]",
  "[\n1,\r\n\t2\n]",
  nested(64),
  `{"deep":${nested(500)}}`,
  `{"long":${JSON.stringify('é\\"\n'.repeat(5_000))}}`,
  `[${Array.from({ length: 300 }, (_, index) => `{"k${index}":${index}}`).join(",")}]`,
  ...texts.map((text) => JSON.stringify({ [text]: text })),
]
