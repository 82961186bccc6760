/** Enough for the names in an account: clusters, services, revisions, instances, containers. */
const mostTexts = 50_000

const texts = new Map<string, string>()

/**
 * Returns the same object for equal texts, so that what many messages repeat is in memory once. For texts of which there
 * are few: names that many tasks share. It remembers at most 50,000 of them; then it begins anew, which costs memory and
 * nothing else.
 */
export const interned = (text: string): string => {
  const known = texts.get(text)
  if (known !== undefined) return known
  if (texts.size >= mostTexts) texts.clear()
  texts.set(text, text)
  return text
}
