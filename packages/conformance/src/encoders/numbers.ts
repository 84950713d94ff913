/** Floating-point numbers as text: the fewest digits that are read back as the same number. */

export const floatText = (value: number, bits: 32 | 64): string => {
  if (Object.is(value, -0)) return "-0"
  return (bits === 64 ? String(value) : shortest32(value)).replace("e+", "e")
}

const shortest32 = (value: number): string => {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(Number(value.toPrecision(9)))
}
