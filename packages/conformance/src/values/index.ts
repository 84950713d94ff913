/** Values as tests hold them, and how they are compared and narrowed. */
export { canonical, canonicalRow } from "./canonical.ts"
export { fit, type Fitted } from "./fit.ts"
export { canonicalJson, itemsOf, membersOf } from "./jsonText.ts"
export { isList, type Row, type Value } from "../encoders/Value.ts"
