import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Policy, ExposedPort } from '../../src/core/policy.js'
import { portFault } from '../../src/core/port-fault.js'
import { project } from '../../src/core/project.js'
import { fold } from '../laws/observed.js'
import { holds } from '../laws/holds.js'
import { cluster, observed } from '../support/observed-task.js'

const port: ExposedPort = {
  backend: 'web',
  container: 'web',
  containerPort: 80,
  port: 32_768,
  protocol: 'tcp',
}

const desired = (...ports: readonly ExposedPort[]) => {
  const expose: Policy = { expose: () => ({ _tag: 'Ports', ports }) }
  const listed = { _tag: 'TasksListed', cluster, at: 10_000, tasks: [observed({ id: '1' })] } as const
  return project(fold([listed]), { expose, covers: [cluster] })
}

describe('a port that a policy offers', () => {
  it.each<[string, Partial<ExposedPort>, RegExp]>([
    ['an empty name', { backend: '' }, /backend name of printable characters, got ""/],
    ['a lone surrogate in its name', { backend: 'a\ud800' }, /printable characters, got "a\\ud800"/],
    ['a line feed in its name', { backend: 'a\nb' }, /printable characters/],
    ['an escape in its name', { backend: '\u001b[2J' }, /printable characters, got "\\u001b\[2J"/],
    ['port 0', { port: 0 }, /port from 1 to 65535, got 0/],
    ['a port too high', { port: 70_000 }, /got 70000/],
    ['half a port', { port: 80.5 }, /got 80\.5/],
    ['no number for a weight', { weight: NaN }, /a number as weight, got NaN/],
    ['an endless weight', { weight: Infinity }, /got Infinity/],
    ['a lone surrogate in a label', { labels: { a: '\udc00' } }, /lone surrogate/],
    ['a lone surrogate in a label’s name', { labels: { '\ud800': '' } }, /lone surrogate/],
  ])('is refused with %s, and holds back no other', (_, wrong, reason) => {
    const { backends, unresolved, complete } = desired({ ...port, ...wrong }, { ...port, backend: 'good' })
    deepStrictEqual(
      [...backends].map(([name]) => name),
      ['good'],
    )
    ok(complete)
    const [told] = [...unresolved.values()]
    strictEqual(told?.why, 'refused')
    match(told.detail, reason)
  })

  it('is offered with whatever text and number can be said', () => {
    const backend = fc.string({ unit: 'grapheme', minLength: 1 })
    const label = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))
    holds(
      fc.property(
        backend,
        label,
        fc.integer({ min: 1, max: 65_535 }),
        fc.nat(),
        (name, labels, at, weight) => {
          const fault = portFault({ ...port, backend: name, labels, port: at, weight })
          ok(fault === undefined || /[\p{Cc}\u2028\u2029]/u.test(name), fault)
        },
      ),
    )
  })
})
