import type { Change, Skipped } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { planJson, planText } from '../../src/worker/runner/plan-text.js'

const row = (key: string, value: unknown) => ({ key, value, owner: undefined, etag: undefined })
const summary = (changes: readonly Change<unknown>[], skipped: readonly Skipped<unknown>[] = []) => ({
  sinks: [{ sink: 'table', plan: { changes, skipped } }],
  complete: true,
  unresolved: [],
})

describe('a printed plan', () => {
  it('says so when nothing would change', () => {
    expect(planText(summary([]))).toBe('table: nothing would change\n')
  })

  it('shows what is created, updated and deleted, part by part', () => {
    const changes: readonly Change<unknown>[] = [
      { _tag: 'Create', key: 'a', after: { name: 'a', servers: { x: 1 } } },
      {
        _tag: 'Update',
        key: 'b',
        before: row('b', { servers: { x: 1, y: { w: 2 } }, held: 'remembered' }),
        after: { servers: { y: { w: 3 }, z: ['10.0.0.1'] } },
      },
      { _tag: 'Delete', key: 'c', before: row('c', 'gone') },
    ]
    expect(planText(summary(changes))).toBe(
      [
        'table: 3 changes',
        '  + create a',
        '      + name: "a"',
        '      + servers x: 1',
        '  ~ update b',
        '      - servers x: 1',
        '      - servers y w: 2',
        '      + servers y w: 3',
        '      + servers z: ["10.0.0.1"]',
        '  - delete c',
        '      - "gone"',
        '',
      ].join('\n'),
    )
  })

  it('distinguishes an adoption from a change', () => {
    const change: Change<unknown> = { _tag: 'Update', key: 'b', before: row('b', { x: 1 }), after: { x: 1 } }
    expect(planText(summary([change]))).toContain('only the ownership')
  })

  it.each(['foreign', 'incomplete', 'too-much'] as const)('says why a change is skipped as %s', (why) => {
    const change: Change<unknown> = { _tag: 'Delete', key: 'c', before: row('c', {}) }
    expect(planText(summary([], [{ change, why }]))).toMatch(
      new RegExp(`^table: nothing would change\n  - delete c {2}\\(skipped as ${why}: .{20,}\\)\n$`),
    )
  })

  it('lists live tasks that are not offered, and what it does not know', () => {
    const task = { task: 'arn:t', cluster: 'c', why: 'name-taken', detail: 'rename one' } as const
    const text = planText({ ...summary([]), complete: false, unresolved: [task] })
    expect(text).toContain('state of the clusters is incomplete')
    expect(text).toContain('1 live task unresolved:\n  ? arn:t: name-taken: rename one')
  })

  it('is one JSON document for programs', () => {
    const change: Change<unknown> = { _tag: 'Create', key: 'a', after: { name: 'a' } }
    const text = planJson(summary([change], [{ change, why: 'foreign' }]))
    expect(text.trim()).not.toContain('\n')
    const plain = { kind: 'create', key: 'a', after: { name: 'a' } }
    expect(JSON.parse(text)).toEqual({
      complete: true,
      sinks: [{ sink: 'table', changes: [plain], skipped: [{ ...plain, why: 'foreign' }] }],
      unresolved: [],
    })
  })
})
