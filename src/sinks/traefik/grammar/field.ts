/** The types of values in Traefik's dynamic configuration, as far as labels can express them. */

export interface Section {
  readonly _tag: 'Section'
  /** By name in lower case: Traefik's keys are case-insensitive. `name` is the spelling in its documentation. */
  readonly fields: ReadonlyMap<string, { readonly name: string; readonly field: Field }>
  /** Whether the section means something when empty; Traefik rejects a document with any other empty section. */
  readonly standalone: boolean
  /** Whether servers are added to it, so that it is never empty in a document. */
  readonly served: boolean
}

export type Field =
  | { readonly _tag: 'Text' }
  | { readonly _tag: 'Flag' }
  /** 64 bits in Traefik; 53 here. */
  | { readonly _tag: 'Integer' }
  /** `1m30s`, or a whole number of seconds. */
  | { readonly _tag: 'Duration' }
  /** Separated by commas in a label. */
  | { readonly _tag: 'Texts' }
  /** Values by user-defined names. */
  | { readonly _tag: 'Table'; readonly value: Field }
  /** Numbered in labels: `domains[0].main`. */
  | { readonly _tag: 'List'; readonly item: Section }
  | Section
  /** Anything: a plugin's options. */
  | { readonly _tag: 'Free' }
  /** Known to Traefik, but not configurable by labels. */
  | { readonly _tag: 'Ignored' }
  /** The same, but we write it into documents and keys. */
  | { readonly _tag: 'Unlabelled'; readonly field: Section }

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
export const unlabelled = (field: Section): Field => ({ _tag: 'Unlabelled', field })
