import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, it } from 'vitest'
import * as yaml from 'yaml'
import {
  formatDocument,
  parseDocument,
  type TraefikDocument,
} from '../../src/sinks/traefik/elements/document.js'
import type { Element, ElementKey } from '../../src/sinks/traefik/grammar/element.js'
import type { Json } from '../../src/shared/codec/json.js'
import { holds } from '../laws/holds.js'
import { readAsTraefik } from '../support/traefik-v3-rules.js'

const texts = fc.oneof(
  fc.constantFrom(
    '{{ .Name }}',
    '{{{',
    'a{',
    '{',
    '\\{{',
    '\u2028\u0085\ufeff\u007f',
    '__proto__',
    'yes',
    '0x1',
  ),
  fc.string({ unit: 'grapheme' }),
)

const values: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

const keys: fc.Arbitrary<ElementKey> = fc
  .tuple(
    fc.constantFrom('http/services', 'http/routers', 'tcp/services', 'udp/services', 'tls/options'),
    fc.oneof(texts, fc.constantFrom('web', 'a/b')).filter((name) => name !== ''),
  )
  .map((parts) => parts.join('/'))

const elements = fc
  .array(fc.tuple(keys, fc.dictionary(texts, values, { maxKeys: 4, noNullPrototype: true })), {
    maxLength: 6,
  })
  .map((entries): ReadonlyMap<ElementKey, Element> => new Map<ElementKey, Element>(entries))

const documents: fc.Arbitrary<TraefikDocument> = fc
  .tuple(fc.option(texts, { nil: undefined }), elements, fc.boolean())
  .map(([owner, all, listed]) => ({
    owner,
    elements: listed ? new Map([...all, ['tls/certificates', [{ certFile: 'a', keyFile: 'b' }]]]) : all,
  }))

/** The same value, with the keys of every object in the opposite order. */
const reversed = (json: unknown): unknown =>
  Array.isArray(json)
    ? json.map(reversed)
    : typeof json === 'object' && json !== null
      ? Object.fromEntries(
          Object.entries(json)
            .reverse()
            .map(([key, value]) => [key, reversed(value)]),
        )
      : json

describe('a document for Traefik', () => {
  it('is read back as what was written', () => {
    holds(
      fc.property(documents, (document) => {
        const read = parseDocument(formatDocument(document))
        if (E.isLeft(read)) throw new Error(JSON.stringify(read.left))
        strictEqual(read.right.owner, document.owner)
        deepStrictEqual(read.right.elements, document.elements)
      }),
    )
  })

  it('has the same bytes whatever the order of elements and keys', () => {
    holds(
      fc.property(documents, ({ owner, elements }) => {
        const other = new Map(
          [...elements].reverse().map(([key, element]) => [key, reversed(element) as Element]),
        )
        strictEqual(formatDocument({ owner, elements: other }), formatDocument({ owner, elements }))
      }),
    )
  })

  it('has nothing that a Go template would act on, and means as YAML what it means as JSON', () => {
    holds(
      fc.property(documents, (document) => {
        const text = formatDocument(document)
        ok(!text.includes('{{'))
        ok(!/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/.test(text))
        // A parser of YAML takes "<<" for a merge where Traefik's takes it for a key.
        fc.pre(!text.includes('"<<"') && !text.includes('"__proto__"'))
        const yaml = JSON.stringify(parseAsYaml(text))
        strictEqual(yaml, JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  it('replaces a lone surrogate, which YAML refuses, with U+FFFD', () => {
    const text = formatDocument({
      owner: 'a\ud800b\\ud800',
      elements: new Map([['http/routers/web', { rule: '\udc00' }]]),
    })
    deepStrictEqual(JSON.parse(text), {
      _meta: { owner: 'a\ufffdb\\ud800' },
      http: { routers: { web: { rule: '\ufffd' } } },
    })
  })

  it('of no elements is one that Traefik takes, and that routes nothing', () => {
    const none = new Map<ElementKey, Element>()
    strictEqual(formatDocument({ owner: undefined, elements: none }), '{}\n')
    deepStrictEqual(readAsTraefik(formatDocument({ owner: 'worker', elements: none })), {
      _meta: { owner: 'worker' },
    })
  })

  it('that people wrote is read with elements of every kind', () => {
    const read = parseDocument(
      JSON.stringify({
        $comment: 'by hand',
        http: { services: { all: { weighted: { services: [{ name: 'web', weight: 3 }] } } }, routers: {} },
        tls: { certificates: [{ certFile: 'a.pem' }], options: { default: { minVersion: 'VersionTLS12' } } },
        udp: {},
      }),
    )
    if (E.isLeft(read)) throw new Error(JSON.stringify(read.left))
    deepStrictEqual(
      [...read.right.elements.keys()],
      ['http/services/all', 'tls/certificates', 'tls/options/default'],
    )
    strictEqual(read.right.owner, undefined)
  })

  it.each([
    ['http:\n  services: {}', '$', 'JSON', 'text of 20 characters that starts with "h"'],
    ['[]', '$', 'object', 'array of 0'],
    ['{"http":[]}', '$.http', 'object', 'array of 0'],
    ['{"http":{"services":3}}', '$.http.services', 'object of objects, or array', '3'],
    ['{"http":{"services":{"web":"x"}}}', '$.http.services.web', 'object', '"x"'],
    ['{"_meta":{"owner":3}}', '$._meta.owner', 'string', '3'],
  ])('that is not valid is refused with the place: %s', (text, path, expected, received) => {
    const read = parseDocument(text)
    if (E.isRight(read)) throw new Error('it was read')
    ok(
      read.left.some(
        (error) => error.path === path && error.expected === expected && error.received === received,
      ),
      JSON.stringify(read.left),
    )
  })
})

const parseAsYaml = (text: string): unknown => yaml.parse(text, { version: '1.1' })
