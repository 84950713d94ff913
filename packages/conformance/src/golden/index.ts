/** Bytes that ClickHouse wrote, and of which values: what the reference encoders are measured by. */
export { type Column, columns, columnsOf, projectionOf, rowsOf } from "./columns.ts"
export { targetTypeOf } from "../encoders/targetType.ts"
export * as Vectors from "./vectors.ts"
