/** Files that lie beside the code: in `src` as in `bundle`, the package's own folder is the one above. */
import { fileURLToPath } from "node:url"

/** The path of a file of this package. */
export const packageFile = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
