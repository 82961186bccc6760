/** Levenshtein distance: the number of letters inserted, deleted or replaced. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The closest candidate, if at most two in five letters differ. */
export const closest = (word: string, candidates: readonly string[]): string | undefined => {
  // Flags are never this long, and the cost of the distance is the product of the lengths.
  if (word.length > 60) return undefined
  return candidates
    .map((candidate) => ({ candidate, away: distance(word, candidate) }))
    .filter(({ candidate, away }) => away <= 0.4 * Math.max(word.length, candidate.length))
    .sort((a, b) => a.away - b.away)[0]?.candidate
}
