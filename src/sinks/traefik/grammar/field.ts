/** The shapes that values of Traefik's dynamic configuration have, as far as labels can say them. */

export interface Section {
  readonly _tag: 'Section'
  /** By name in lower case: Traefik's keys are case-insensitive. `name` is the spelling of its documentation. */
  readonly fields: ReadonlyMap<string, { readonly name: string; readonly field: Field }>
  /** Whether it means something with nothing in it; Traefik rejects a document for any other that is empty. */
  readonly standalone: boolean
  /** Whether servers are put into it, so that it is empty in no document. */
  readonly served: boolean
}

export type Field =
  | { readonly _tag: 'Text' }
  | { readonly _tag: 'Flag' }
  /** Of 64 bits to Traefik; of 53 to us. */
  | { readonly _tag: 'Integer' }
  /** `1m30s`, or a whole number of seconds. */
  | { readonly _tag: 'Duration' }
  /** In a label, separated by commas. */
  | { readonly _tag: 'Texts' }
  /** Values by names of the user's choice. */
  | { readonly _tag: 'Table'; readonly value: Field }
  /** In labels, numbered: `domains[0].main`. */
  | { readonly _tag: 'List'; readonly item: Section }
  | Section
  /** Whatever a plugin takes. */
  | { readonly _tag: 'Free' }
  /** Traefik knows it, and takes it from no label. */
  | { readonly _tag: 'Ignored' }

export const text = { _tag: 'Text' } as const
export const flag = { _tag: 'Flag' } as const
export const integer = { _tag: 'Integer' } as const
export const duration = { _tag: 'Duration' } as const
export const texts = { _tag: 'Texts' } as const
export const free = { _tag: 'Free' } as const
export const ignored = { _tag: 'Ignored' } as const

type Fields = Readonly<Record<string, Field>>

const sectionOf = (fields: Fields, kind: Pick<Section, 'standalone' | 'served'>): Section => ({
  _tag: 'Section',
  fields: new Map(Object.entries(fields).map(([name, field]) => [name.toLowerCase(), { name, field }])),
  ...kind,
})

/** The same field under each of the names. */
export const each = (names: string, field: Field): Fields =>
  Object.fromEntries(names.split(' ').map((name) => [name, field]))

export const section = (fields: Fields): Section => sectionOf(fields, { standalone: false, served: false })
export const standalone = (fields: Fields): Section => sectionOf(fields, { standalone: true, served: false })
export const served = (fields: Fields): Section => sectionOf(fields, { standalone: false, served: true })
export const table = (value: Field): Field => ({ _tag: 'Table', value })
export const list = (item: Section): Field => ({ _tag: 'List', item })
