import fc from 'fast-check'
import type { Field } from '../../src/sinks/traefik/grammar/field.js'
import { grammar } from '../../src/sinks/traefik/grammar/grammar.js'

/** One key that labels may have, with a place for each name of the user's choice, and what its values are. */
interface Leaf {
  readonly path: readonly string[]
  readonly field: Exclude<Field['_tag'], 'Table' | 'List' | 'Ignored' | 'Unlabelled'>
}

const NAME = '*'

const leavesOf = (field: Field, path: readonly string[]): readonly Leaf[] => {
  switch (field._tag) {
    case 'Section':
      return [
        ...(field.standalone ? [{ path, field: 'Section' } as const] : []),
        ...[...field.fields.values()].flatMap((of) => leavesOf(of.field, [...path, of.name])),
      ]
    case 'List':
      return ['[0]', '[1]'].flatMap((index) =>
        leavesOf(field.item, [...path.slice(0, -1), `${path.at(-1) ?? ''}${index}`]),
      )
    case 'Table':
      return leavesOf(field.value, [...path, NAME])
    case 'Ignored':
    case 'Unlabelled':
      return []
    case 'Free':
      return [path, [...path, 'list[0]', 'option']].map(
        (path) => ({ path: [...path, NAME], field: 'Free' }) as const,
      )
    case 'Text':
    case 'Texts':
    case 'Flag':
    case 'Integer':
    case 'Duration':
      return [{ path, field: field._tag }]
  }
}

const leaves = Object.entries(grammar).flatMap(([section, kinds]) =>
  Object.entries(kinds).flatMap(([kind, field]) =>
    leavesOf(field, [section, kind, section === 'tls' ? 'default' : NAME]),
  ),
)

const names = ['web', 'Api', 'shop-2', 'a/b']

const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'web',
    'Host(`a.example.com`)',
    '{{ .Name }}',
    'a{{{b',
    '\u2028\u0085\ufeff',
    '\\u0041',
    '10',
    'true',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

/** Traefik's decoder of documents has a meaning for this one. */
const listable = anyText.map((text) => text.replaceAll('║', ''))

const values: Readonly<Record<Leaf['field'], fc.Arbitrary<string>>> = {
  Text: anyText,
  Free: listable,
  Texts: fc
    .array(
      listable.map((text) => text.replaceAll(',', '').trim()),
      { maxLength: 3 },
    )
    .map((texts) => texts.join(', ')),
  Flag: fc.constantFrom('true', 'false', '1', '0', 'T', 'FALSE'),
  Integer: fc.integer().map(String),
  Duration: fc.constantFrom('10', '10s', '1m30s', '1.5h', '250ms', '0'),
  Section: fc.constantFrom('', 'true', 'TRUE', 'false'),
}

/** A few fields that Traefik's decoder takes any text for, and its ECS provider does not. */
const valuesAt: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'server.port': fc.integer({ min: 1, max: 65_535 }).map(String),
  'server.scheme': fc.constantFrom('http', 'https', 'h2c', ''),
  'server.url': fc.constant(''),
}

const recased = (part: string, upper: boolean): string => (upper ? part.toUpperCase() : part.toLowerCase())

const labelOf = ({ path, field }: Leaf): fc.Arbitrary<readonly [string, string]> =>
  fc.tuple(
    fc
      .tuple(
        ...path.map((part) =>
          part === NAME ? fc.constantFrom(...names) : fc.boolean().map((upper) => recased(part, upper)),
        ),
      )
      .map((parts) => ['traefik', ...parts].join('.')),
    valuesAt[path.slice(-2).join('.')] ?? values[field],
  )

/** Labels that Traefik's grammar has, of every kind; of a router or a service some part, maybe not enough. */
export const traefikLabelSets: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .array(fc.constantFrom(...leaves).chain(labelOf), { maxLength: 14 })
  .map((labels) => Object.fromEntries(labels))

/** The same, in which every service has a port and every router a rule and a service: none of it is refused. */
export const completeLabelSets = traefikLabelSets.map((labels) => {
  const filled: Record<string, string> = {}
  for (const key of Object.keys(labels)) {
    const [, section = '', kind, name = ''] = key.toLowerCase().split('.')
    const written = key.split('.')[3] ?? name
    if (kind === 'services')
      filled[`traefik.${section}.services.${written}.loadbalancer.server.port`] = '8080'
    if (kind === 'routers') filled[`traefik.${section}.routers.${written}.service`] = 'web'
    if (kind === 'routers' && section !== 'udp')
      filled[`traefik.${section}.routers.${written}.rule`] = 'HostSNI(`*`)'
  }
  const taken = new Set(Object.keys(filled).map((key) => key.toLowerCase()))
  return {
    ...Object.fromEntries(Object.entries(labels).filter(([key]) => !taken.has(key.toLowerCase()))),
    ...filled,
  }
})
