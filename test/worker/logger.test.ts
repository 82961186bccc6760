import { PersistentMap, type Report, type Unresolved } from 'ecs-task-stream'
import { createLogger, logReports } from 'ecs-task-stream/worker'
import { describe, expect, it } from 'vitest'
import { RepeatGate } from '../../src/worker/observability/repeat-gate.js'
import { folded, reporting, settled, sinkFailed } from './reports.js'

const logging = (level: 'debug' | 'info' = 'debug') => {
  const texts: string[] = []
  const logger = createLogger({
    worker: 'test',
    level,
    destination: { write: (line) => void texts.push(line) },
  })
  const by = reporting()
  logReports(by.reports$, logger, by.clock, { owner: 'us' })
  return {
    ...by,
    texts,
    lines: () => texts.map((line) => JSON.parse(line) as Record<string, unknown>),
    levels: () => texts.map((line) => (JSON.parse(line) as { level: string }).level),
  }
}

const noticed = (notice: (Report & { _tag: 'Noticed' })['notice']): Report => ({
  _tag: 'Noticed',
  source: 'sqs',
  notice,
})
const create = { _tag: 'Create', key: 'web', after: {} } as const
const unresolved = (n: number, why: Unresolved['why']): Report => ({
  _tag: 'Unresolved',
  tasks: PersistentMap.from(
    Array.from(
      { length: n },
      (_, i) => [`t${i}`, { task: `t${i}`, cluster: 'c', why, detail: 'because' }] as const,
    ),
  ),
})
const failure = (name: string, message = 'no'): Error => Object.assign(new Error(message), { name })

describe('the log', () => {
  it('gives each report its level', () => {
    const { report, levels } = logging()
    report(
      folded(1),
      settled('table', 1),
      { _tag: 'Acknowledged', deliveries: 1, unsettled: 0 },
      { _tag: 'Swept', forgotten: 1, tasks: 0 },
      noticed({ _tag: 'Ignored', kind: 'ECS Service Action', count: 1 }),
      { _tag: 'Planned', sink: 'table', revision: 1, plan: { changes: [create], skipped: [] }, dry: false },
    )
    expect(new Set(levels())).toEqual(new Set(['debug']))
    const after = levels().length
    report(
      { _tag: 'Applied', sink: 'table', change: create },
      { _tag: 'Conflicted', sink: 'table', key: 'web' },
      noticed({ _tag: 'Undecodable', id: 'm1', reason: 'no detail', receives: 2 }),
      { _tag: 'Rejected', sink: 'table', key: 'web', reason: 'too big', attempts: 1, givenUp: false },
      noticed({ _tag: 'Warning', message: 'the queue has no dead letter queue' }),
      noticed({ _tag: 'SourceFailed', operation: 'receive', error: failure('Boom'), retryIn: 100 }),
      { _tag: 'SinkWarned', sink: 'redis', warnings: ['Traefik is not notified of changes'] },
      { _tag: 'SinkWarned', sink: 'redis', warnings: [] },
      sinkFailed('table', failure('Boom')),
    )
    expect(levels().slice(after)).toEqual([
      ...['info', 'info', 'warn', 'warn', 'warn', 'error'],
      ...['warn', 'info', 'error'],
    ])
  })

  it('says in one line what a sink has applied at once, and counts endpoints', async () => {
    const { report, lines } = logging('info')
    const applied = (key: string, added: number, removed: number, now: number): Report => ({
      _tag: 'Applied',
      sink: 'table',
      change: { ...create, key },
      effect: {
        added: Array.from({ length: added }, (_, i) => `a${i}`),
        removed: Array.from({ length: removed }, (_, i) => `r${i}`),
        now,
      },
    })
    report(applied('web', 2, 1, 5))
    await Promise.resolve()
    report(...Array.from({ length: 12 }, (_, i) => applied(`s${i}`, 1, 0, 1)))
    await Promise.resolve()
    expect(lines()).toMatchObject([
      { msg: 'changed', key: 'web', what: 'web +2 −1 → 5' },
      {
        msg: 'changed',
        changes: { create: 12 },
        what: expect.stringMatching(/^s0 \+1 → 1, .*, and 2 more$/) as string,
      },
    ])
  })

  it('warns of conflicts on one record that go on, and names the other writer', () => {
    const { report, lines } = logging('info')
    const conflict = (key: string, writer: string): Report => ({
      _tag: 'Conflicted',
      sink: 'table',
      key,
      writer,
    })
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) report(conflict(key, 'other'))
    for (let i = 0; i < 20; i++) report(conflict('replica', 'us'))
    expect(lines().filter(({ level }) => level === 'warn')).toEqual([])
    for (let i = 0; i < 6; i++) report(conflict('a', 'other'))
    expect(lines().filter(({ level }) => level === 'warn')).toMatchObject([{ key: 'a', writer: 'other' }])
  })

  it('leaves out the steady stream unless it is asked for', () => {
    const { report, texts } = logging('info')
    report(folded(1), settled('table', 1))
    expect(texts).toEqual([])
  })

  it('warns of what is skipped and why', () => {
    const { report, lines } = logging('info')
    const plan = { changes: [], skipped: [{ change: create, why: 'foreign' as const }] }
    report({ _tag: 'Planned', sink: 'table', revision: 1, plan, dry: false })
    expect(lines()).toMatchObject([{ level: 'warn', sink: 'table', reasons: { foreign: 1 }, keys: ['web'] }])
  })

  it.each([
    [failure('AccessDeniedException'), /IAM policy/],
    [failure('ThrottlingException'), /more slowly/],
    [failure('Error', 'connect ECONNREFUSED 127.0.0.1:1'), /network/],
    [failure('CredentialsProviderError'), /credentials/],
  ])('says what to do about %s', (error, advice) => {
    const { report, lines } = logging()
    report(sinkFailed('table', error))
    expect(lines()[0]?.['nextStep']).toMatch(advice)
  })

  it('logs equal failures at growing intervals, with the count of those held back', () => {
    const { report, lines, pass } = logging()
    for (let i = 0; i < 100; i++) report(sinkFailed('table', failure('Boom', `request ${i}`)))
    report(sinkFailed('other', failure('Boom')))
    expect(lines().map(({ sink }) => sink)).toEqual(['table', 'other'])
    pass(10_000)
    report(sinkFailed('table', failure('Boom')))
    expect(lines().at(-1)).toMatchObject({ sink: 'table', heldBack: 99 })
    pass(10_000)
    report(sinkFailed('table', failure('Boom')))
    expect(lines()).toHaveLength(3)
    pass(10_000)
    report(sinkFailed('table', failure('Boom')))
    expect(lines().at(-1)).toMatchObject({ sink: 'table', heldBack: 1 })
  })

  it('bundles poison messages by their reason, however many there are', () => {
    const { report, texts } = logging()
    for (let i = 0; i < 1000; i++)
      report(noticed({ _tag: 'Undecodable', id: `m${i}`, reason: 'no detail', receives: 1 }))
    expect(texts).toHaveLength(1)
  })

  it('never lets a reason become the message that it quotes', () => {
    const { report, texts } = logging()
    report(noticed({ _tag: 'Undecodable', id: 'm', reason: 'x'.repeat(100_000), receives: 1 }))
    report(sinkFailed('table', failure('Boom', 'y'.repeat(100_000))))
    for (const text of texts) expect(text.length).toBeLessThan(1_000)
  })

  it('leaves out what an error carries beside its name and message', () => {
    const { report, texts } = logging()
    report(sinkFailed('table', Object.assign(failure('Boom'), { $response: { body: 'private' } })))
    expect(texts.join()).not.toContain('private')
  })

  it('summarises unresolved tasks, and again only when the numbers change', () => {
    const { report, lines } = logging('info')
    report(unresolved(0, 'refused'))
    expect(lines()).toEqual([])
    report(unresolved(2, 'instance-address'), unresolved(2, 'instance-address'), unresolved(1, 'name-taken'))
    report(unresolved(0, 'refused'))
    expect(lines()).toMatchObject([
      { level: 'warn', tasks: 1, reasons: { 'name-taken': 1 } },
      { level: 'info', tasks: 0, reasons: {} },
    ])
  })

  it('is not silent for longer than the window when the clock is set back by days', () => {
    let now = 1_000_000_000
    const gate = new RepeatGate(() => now)
    expect(gate.pass('a')).toBe(0)
    now += 1_000
    expect(gate.pass('a')).toBeUndefined()
    now -= 500_000_000
    expect(gate.pass('a')).toBe(1)
    now += 19_999
    expect(gate.pass('a')).toBeUndefined()
    now += 1
    expect(gate.pass('a')).toBe(1)
  })

  it('distinguishes a bounded number of failures, whatever they are called', () => {
    const gate = new RepeatGate(() => 0, { remembers: 2 })
    expect(['a', 'a', 'b', 'c', 'b', 'a'].map((key) => gate.pass(key))).toEqual([
      0,
      undefined,
      0,
      0,
      undefined,
      0,
    ])
  })
})
