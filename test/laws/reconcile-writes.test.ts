/** What becomes of each outcome of a write, and when a reconciler tries again. */
import { describe, expect, it } from 'vitest'
import type { Outcome, Row } from '../../src/core/sink.js'
import type { Addresses } from 'ecs-task-stream/sinks/memory'
import { loneReconciler, rowOf, wanting } from '../support/lone-reconciler.js'

const web = wanting({ web: [80] })
const down = () => Promise.reject(new Error('down'))
const answer =
  (...outcomes: readonly Outcome<Addresses>[]) =>
  () =>
    Promise.resolve(outcomes)
const failed = (key: string): Outcome<Addresses> => ({ _tag: 'Failed', key, error: new Error('throttled') })
const rejected = (key: string): Outcome<Addresses> => ({ _tag: 'Rejected', key, reason: 'too long' })
const found = (key: string, row: Row<Addresses> | undefined | 'unread'): Outcome<Addresses> => ({
  _tag: 'Conflict',
  key,
  found: row,
})

describe('a target that cannot be read', () => {
  it('is tried again after pauses that double up to ten seconds, from the first one in each round', async () => {
    const { round, during, answers } = loneReconciler()
    for (let i = 0; i < 10; i++) answers.read.push(down)
    const pauses = [25, 50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]
    for (const [i, pause] of pauses.entries())
      expect(await (i === 0 ? round(web, 0) : during(pauses[i - 1] ?? 0))).toEqual([
        'read',
        `failed to read all: down, again in ${pause}`,
      ])
    expect(await during(4999)).toEqual([])
    expect(await during(1)).toHaveLength(6)
    answers.read.push(down)
    expect(await round(web, 60_000)).toEqual(['synced 1', 'reached 1: exact'])
    expect(await round()).toEqual(['read', 'failed to read all: down, again in 25'])
  })

  it('is given up after the time for a call, which aborts it', async () => {
    const { round, during, answers, note } = loneReconciler()
    answers.read.push((signal) => new Promise(() => signal.addEventListener('abort', () => note('aborted'))))
    expect(await round(web, 999)).toEqual(['read'])
    expect(await during(1)).toEqual(['aborted', 'failed to read all: no answer within 1000 ms, again in 25'])
  })

  it('is not reported once the worker stops', async () => {
    const { round, during, stopping, answers, reconciler } = loneReconciler({ traced: true })
    answers.read.push(() => new Promise(() => undefined))
    expect(await round(web)).toEqual(['read'])
    stopping.abort()
    expect(await during(60_000)).toEqual([
      'Read ended: aborted',
      'Round ended: the worker stopped before the target was reached',
    ])
    expect(reconciler.hasWorked).toBe(false)
  })
})

describe('a write', () => {
  it('that fails as a whole has unknown results: the target is read again', async () => {
    const { round, during, answers, inner } = loneReconciler({ traced: true })
    answers.apply.push(async (changes) => {
      await inner.apply(changes, 'us', new AbortController().signal)
      throw new Error('down')
    })
    expect(await round(web, 24)).toEqual([
      'read',
      'Read ended: ',
      'Plan ended: changes 1, skipped 0',
      'planned for 1: Create web 80',
      'apply Create web 80',
      'Apply ended: down',
      'failed to apply all: down, again in 25',
    ])
    expect(await during(1)).toEqual([
      'read',
      'Read ended: ',
      'Plan ended: changes 0, skipped 0',
      'synced 1',
      'reached 1: exact',
      'Round ended: revision 1',
    ])
  })

  it('that takes longer than a call may is aborted, and is not reported once the worker stops', async () => {
    const { round, during, answers, stopping } = loneReconciler()
    answers.apply.push(() => new Promise(() => undefined))
    answers.apply.push(() => new Promise(() => undefined))
    await round(web)
    expect(await during(1000)).toEqual(['failed to apply all: no answer within 1000 ms, again in 25'])
    expect(await during(25)).toHaveLength(3)
    stopping.abort()
    expect(await during(60_000)).toEqual([])
  })

  it('that fails for one record is tried again for this one, without reading', async () => {
    const { round, during, answers, inner } = loneReconciler({ traced: true })
    answers.apply.push(async (changes) => {
      const made = changes.filter(({ key }) => key === 'web')
      return [...(await inner.apply(made, 'us', new AbortController().signal)), failed('api')]
    })
    expect(await round(wanting({ web: [80], api: [90] }), 24)).toEqual([
      'read',
      'Read ended: ',
      'Plan ended: changes 2, skipped 0',
      'planned for 1: Create api 90; Create web 80',
      'apply Create api 90; Create web 80',
      'Apply ended: changes 1, left 1, throttled',
      'failed to apply api: throttled, again in 25',
      'applied Create web 80, of 1 endpoints',
    ])
    expect(await during(1)).toEqual([
      'Plan ended: changes 1, skipped 0',
      'planned for 1: Create api 90',
      'apply Create api 90',
      'Apply ended: changes 1, left 0',
      'applied Create api 90, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
      'Round ended: revision 1',
    ])
    // What became of it is known.
    expect(await round(wanting({ web: [80], api: [90] }))).not.toContain('read')
  })

  it('without an outcome counts as failed', async () => {
    const { round, during, answers } = loneReconciler()
    answers.apply.push(answer())
    expect((await round(web)).slice(3)).toEqual([
      'failed to apply web: the sink returned no outcome for this change, again in 25',
    ])
    expect((await during(25)).slice(0, 2)).toEqual(['planned for 1: Create web 80', 'apply Create web 80'])
  })

  it.each([
    ['that failed', answer(failed('web'))],
    ['without an outcome', answer()],
  ])('%s, and is not wanted any more, may have been made: the target is read again', async (_, outcome) => {
    const { round, want, during, answers, held } = loneReconciler({ rows: [rowOf('api', [90])] })
    answers.apply.push(outcome)
    await round(wanting({ web: [80], api: [90] }))
    want(wanting({ api: [91] }, { revision: 2 }))
    expect(await during(25)).toEqual([])
    expect(await during(50)).toEqual([
      'read',
      'planned for 2: Update api 91',
      'apply Update api 91',
      'applied Update api 91, of 1 endpoints',
      'synced 2',
      'reached 2: exact',
    ])
    expect(held()).toEqual({ api: [91] })
    // The reading told what became of it.
    expect(await round(wanting({ api: [91] }))).toEqual(['synced 1', 'reached 1: exact'])
  })

  it('that loses to another writer is planned against what that one wrote, without reading', async () => {
    const { round, during, inner, held } = loneReconciler({ rows: [rowOf('web', [80]), rowOf('api', [90])] })
    await round(wanting({ web: [80], api: [90] }))
    inner.target.rows.set('web', { ...rowOf('web', [79]), etag: 'second' })
    inner.target.rows.delete('api')
    expect(await round(wanting({ web: [81], api: [91] }))).toEqual([
      'planned for 1: Update api 91; Update web 81',
      'apply Update api 91; Update web 81',
      'conflicted api with nobody',
      'conflicted web with us',
    ])
    expect((await during(25)).slice(0, 2)).toEqual([
      'planned for 1: Create api 91; Update web 81',
      'apply Create api 91; Update web 81',
    ])
    expect(held()).toEqual({ web: [81], api: [91] })
  })

  it('that loses to another writer whose record was not read lets the target be read', async () => {
    const { round, during, inner, answers } = loneReconciler()
    inner.target.rows.set('web', rowOf('web', [80]))
    answers.read.push(() => Promise.resolve([]))
    answers.apply.push(answer(found('web', 'unread')))
    expect((await round(web)).slice(2)).toEqual(['apply Create web 80', 'conflicted web with nobody'])
    expect(await during(25)).toEqual(['read', 'synced 1', 'reached 1: exact'])
  })

  it('that loses counts as no failure: what was found is known', async () => {
    const { round, during, answers } = loneReconciler()
    answers.apply.push(answer(failed('web')), answer(found('web', rowOf('web', [80]))))
    await round(web)
    expect((await during(25)).at(-1)).toBe('conflicted web with us')
    expect(await during(50)).toEqual(['synced 1', 'reached 1: exact'])
  })
})

describe('a change that the target rejects', () => {
  it('is given up after the third time, until the target is read again', async () => {
    const { round, during, answers, reconciler } = loneReconciler()
    for (let i = 0; i < 3; i++) answers.apply.push(answer(rejected('web')))
    const planned = ['planned for 1: Create web 80', 'apply Create web 80']
    expect(await round(web)).toEqual(['read', ...planned, 'rejected web for the 1. time: too long'])
    expect(await during(25)).toEqual([...planned, 'rejected web for the 2. time: too long'])
    expect(await during(50)).toEqual([
      ...planned,
      'rejected web for the 3. time: too long, given up',
      'synced 1',
      'reached 1: settled',
    ])
    // It is planned, and left out.
    expect(await round({ ...web, unjudged: new Set() })).toEqual(['synced 1', 'reached 1: settled'])
    expect(await round()).toEqual(['synced 1', 'reached 1: settled'])
    void reconciler.reread()
    expect((await during(0)).slice(0, 3)).toEqual(['read', ...planned])
  })

  it('does not keep others from being made, and is tried if it becomes another', async () => {
    const { round, answers, held } = loneReconciler({ givesUpAfter: 1 })
    answers.apply.push(answer(rejected('web')))
    expect((await round(web)).at(-1)).toBe('reached 1: settled')
    expect((await round(wanting({ web: [80], api: [90] }))).slice(0, 2)).toEqual([
      'planned for 1: Create api 90',
      'apply Create api 90',
    ])
    expect((await round(wanting({ web: [81], api: [90] }))).at(-1)).toBe('reached 1: exact')
    expect(held()).toEqual({ api: [90], web: [81] })
  })

  it('counts anew once it was made', async () => {
    const { round, during, answers, inner, reconciler } = loneReconciler({ givesUpAfter: 2 })
    answers.apply.push(answer(rejected('web')))
    await round(web)
    expect((await during(25)).at(-1)).toBe('reached 1: exact')
    inner.target.rows.clear()
    // The view is corrected by a conflict, so that nothing is read.
    await round(wanting({ web: [81] }))
    await during(25)
    inner.target.rows.clear()
    answers.apply.push(answer(found('web', undefined)), answer(rejected('web')))
    await round(web)
    expect((await during(25)).at(-1)).toBe('rejected web for the 1. time: too long')
    expect(reconciler.hasWorked).toBe(true)
  })

  it('is no failure of which nobody knows the result', async () => {
    const { round, want, during, answers } = loneReconciler({ givesUpAfter: 3 })
    answers.apply.push(answer(failed('web')), answer(rejected('web')))
    await round(web)
    await during(25)
    want(wanting({}))
    expect(await during(50)).toEqual(['synced 1', 'reached 1: exact'])
  })
})
