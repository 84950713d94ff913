/** The seeds of random tests. HISTORY_SEEDS says how many, HISTORY_SEED where they start. */
const first = Number(process.env["HISTORY_SEED"] ?? 20_260_131)
const count = Number(process.env["HISTORY_SEEDS"] ?? 1)

export const seeds: ReadonlyArray<number> = Array.from({ length: count }, (_, index) => first + index)
