/** Whether any of some texts has this one in it, whatever the case. An empty filter fits everything. */
export type NameFilter = (...texts: readonly (string | undefined)[]) => boolean

export const nameFilter = (filter: string | undefined): NameFilter => {
  const wanted = filter?.trim() ?? ''
  if (wanted === '') return () => true
  // Faster than lower-casing a hundred thousand ARNs.
  const pattern = new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i')
  return (...texts) => texts.some((text) => text !== undefined && pattern.test(text))
}
