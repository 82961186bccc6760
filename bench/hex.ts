/** The finalizer of MurmurHash3: near numbers become far ones. */
const mixed = (n: number): number => {
  let bits = n | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/** Lower-case digits that look random, as in AWS's identifiers: the same for the same numbers. */
export const hexOf = (n: number, salt: number, digits: number): string => {
  let text = ''
  for (let word = 1; text.length < digits; word++)
    text += mixed(mixed(n) ^ Math.imul(salt * 16 + word, 0x9e3779b9))
      .toString(16)
      .padStart(8, '0')
  return text.slice(0, digits)
}

export const uuidOf = (n: number, salt: number): string => {
  const digits = hexOf(n, salt, 32)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}
