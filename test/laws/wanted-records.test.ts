import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Parts, Sink } from '../../src/core/sink.js'
import { atOnce, sliceSize } from '../../src/core/sliced.js'
import { WantedRecords } from '../../src/core/wanted-records.js'
import { itemParts, itemRenderer, type TraefikBackend } from '../../src/sinks/traefik/table/item.js'
import { backendOf, backendsArbitrary } from '../../src/testing/backends.js'
import { runsForRareCases } from './runs.js'

const render = itemRenderer({ scheme: () => 'http', weight: 0 })

/** Items as people make them: of any name under any id, also under those that a new item of another name would get. */
const keys = fc.constantFrom('web', 'web__backend', 'web__backend (2)', 'api', 'api__backend', 'x')
const values: fc.Arbitrary<TraefikBackend> = fc.record({
  name: fc.constantFrom('web', 'api', 'mail', 'x'),
  servers: fc.constantFrom({}, { a: { M: { url: { S: 'http://10.0.0.1:80' } } } }),
  held: fc.constant(undefined),
})

type Step =
  | { readonly _tag: 'Desired'; readonly backends: PersistentMap<Backend> }
  | { readonly _tag: 'Held'; readonly key: string; readonly value: TraefikBackend | undefined }
  /** The target gets what is wanted under this key, as by a write. */
  | { readonly _tag: 'Written'; readonly key: string }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc
      .boolean()
      .chain((complete) =>
        backendsArbitrary({ complete }).map((backends): Step => ({ _tag: 'Desired', backends })),
      ),
    fc
      .tuple(keys, fc.option(values, { nil: undefined }))
      .map(([key, value]): Step => ({ _tag: 'Held', key, value })),
    keys.map((key): Step => ({ _tag: 'Written', key })),
  ),
  { maxLength: 12 },
)

/** The first key after whose step the records kept differ from those rendered from scratch. */
const difference = (
  sink: Pick<Sink<TraefikBackend>, 'render' | 'parts'>,
  history: readonly Step[],
): string | undefined => {
  const held = new Map<string, TraefikBackend>()
  const wanted = new WantedRecords(sink, held)
  const known = new Map<string, TraefikBackend>()
  let backends = PersistentMap.empty<Backend>()
  const put = (key: string, value: TraefikBackend | undefined): void => {
    const before = held.get(key)
    if (value === undefined) held.delete(key)
    else held.set(key, value)
    wanted.recordChanged(key, before, value)
  }
  for (const step of history) {
    if (step._tag === 'Desired') backends = step.backends
    else if (step._tag === 'Held') put(step.key, step.value)
    else if (wanted.get(step.key) !== undefined) put(step.key, wanted.get(step.key))
    for (const key of atOnce(wanted.render(backends))) {
      const value = wanted.get(key)
      if (value === undefined) known.delete(key)
      else known.set(key, value)
    }
    const scratch = sink.render(backends, held)
    for (const key of new Set([...known.keys(), ...scratch.keys()]))
      if (JSON.stringify(known.get(key)) !== JSON.stringify(scratch.get(key))) return key
  }
  return undefined
}

describe('the wanted records', () => {
  it.each([
    ['by parts', { render, parts: itemParts }],
    ['without parts', { render }],
  ])('are those of a rendering from scratch, after every step: %s', (_, sink) => {
    fc.assert(
      fc.property(steps, (history) => {
        expect(difference(sink, history)).toBe(undefined)
      }),
      { numRuns: runsForRareCases },
    )
  })

  it('are not, if a part leaves out a record that it depends on', () => {
    const parts: Parts<TraefikBackend> = { ...itemParts, ofRecord: (_, { name }) => [name] }
    const wrong = fc.check(
      fc.property(steps, (history) => difference({ render, parts }, history) === undefined),
      { numRuns: 2000 },
    )
    expect(wrong.failed).toBe(true)
  })

  it('are rendered in slices, and a part that did not change is not rendered again', () => {
    const rendered: string[] = []
    const sink: Pick<Sink<string>, 'render' | 'parts'> = {
      parts: { ofBackend: ({ name }) => name, ofRecord: (key) => [key] },
      render: (backends) => {
        rendered.push(...backends.keys())
        return new Map(Array.from(backends.keys(), (name) => [name, name]))
      },
    }
    const names = Array.from({ length: 2 * sliceSize }, (_, i) => `service-${i}`)
    const all = PersistentMap.from(names.map((name) => [name, backendOf(name, [])]))
    const wanted = new WantedRecords(sink, new Map())
    expect([...wanted.render(all)].length).toBeGreaterThan(0)
    expect(rendered.length).toBe(names.length)
    rendered.length = 0
    const next = all.set('service-7', backendOf('service-7', [{ host: '10.0.0.1', port: 80 }]))
    expect(atOnce(wanted.render(next))).toEqual(new Set())
    expect(rendered).toEqual(['service-7'])
  })
})
