/** Text with places that are filled in. */
export type Template<A> = (about: A) => string

/** What stands for the first text, wherever it is. */
export type Slot<A> = readonly [literal: string, fill: (about: A) => string]

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A template of an example. Of literals that contain one another, the longest counts. */
export const template = <A>(example: string, slots: readonly Slot<A>[]): Template<A> => {
  const byLiteral = new Map(slots)
  const literals = [...byLiteral.keys()].sort((a, b) => b.length - a.length)
  const parts = example.split(new RegExp(`(${literals.map(escaped).join('|')})`))
  const fills = parts.map((part) => byLiteral.get(part) ?? part)
  return (about) => {
    let text = ''
    for (const fill of fills) text += typeof fill === 'string' ? fill : fill(about)
    return text
  }
}
