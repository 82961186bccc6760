/** When a reconciler reads its target, and when it plans. */
import { describe, expect, it } from 'vitest'
import { loneReconciler, rowOf, wanting } from '../support/lone-reconciler.js'

const web = wanting({ web: [80] })

describe('a target is read', () => {
  it('once, because the outcomes of writes tell what it holds then', async () => {
    const { round, held } = loneReconciler()
    expect(await round(web)).toEqual([
      'read',
      'planned for 1: Create web 80',
      'apply Create web 80',
      'applied Create web 80, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
    ])
    expect(await round(wanting({ web: [80, 81] }, { revision: 2 }))).toEqual([
      'planned for 2: Update web 80,81',
      'apply Update web 80,81',
      'applied Update web 80,81, of 2 endpoints',
      'synced 2',
      'reached 2: exact',
    ])
    expect(held()).toEqual({ web: [80, 81] })
  })

  it('again once the view has nine tenths of its age, and compared with what is desired then', async () => {
    const { round, during, inner } = loneReconciler({ rows: [rowOf('web', [80])] })
    await during(5000)
    expect(await round(web)).toEqual(['read', 'synced 1', 'reached 1: exact'])
    inner.target.rows.set('web', rowOf('web', [90]))
    await during(53_999)
    expect(await round()).toEqual(['synced 1', 'reached 1: exact'])
    await during(1)
    expect(await round()).toEqual([
      'read',
      'planned for 1: Update web 80',
      'apply Update web 80',
      'applied Update web 80, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
    ])
    await during(53_999)
    expect(await round()).toEqual(['synced 1', 'reached 1: exact'])
  })

  it('at intervals, each of which has its own length, also if nothing happens', async () => {
    const lengths = [0, 0.5, 0.75]
    const { reconciler, during, stopping, clock } = loneReconciler({ random: () => lengths.shift() ?? 0 })
    await during(0)
    const reading = reconciler.keepReading()
    lengths.unshift(0.5)
    expect(await during(53_999)).toEqual([])
    expect(await during(1)).toEqual(['read', 'synced 1', 'reached 1: exact'])
    expect(await during(59_999)).toEqual([])
    stopping.abort()
    await reading
    expect(clock.sleeping).toBe(0)
  })

  it('when somebody asks, who is answered once all of it is applied', async () => {
    const { reconciler, round, during, inner, answers, note } = loneReconciler()
    await round(web)
    inner.target.rows.clear()
    answers.apply.push(() => Promise.reject(new Error('down')))
    void reconciler.reread().then(() => note('answered'))
    expect(await during(24)).toEqual([
      'read',
      'planned for 1: Create web 80',
      'apply Create web 80',
      'failed to apply all: down, again in 25',
    ])
    expect(await during(1)).toEqual([
      'read',
      'planned for 1: Create web 80',
      'apply Create web 80',
      'applied Create web 80, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
      'answered',
    ])
    expect(await round()).toEqual(['synced 1', 'reached 1: exact'])
  })

  it('for each who asks while a round is under way in another one', async () => {
    const { reconciler, round, during, note, answers, clock } = loneReconciler()
    answers.read.push(async (signal) => {
      await clock.sleep(500, signal)
      return []
    })
    await round()
    void reconciler.reread().then(() => note('first'))
    void reconciler.reread().then(() => note('second'))
    expect(await during(500)).toEqual([
      'synced 1',
      'reached 1: exact',
      'synced 1',
      'reached 1: exact',
      'first',
      'second',
    ])
  })

  it('before the newest state is asked for, so that a round brings what came during a slow read', async () => {
    const { round, during, answers, clock } = loneReconciler()
    answers.read.push(async (signal) => {
      await clock.sleep(500, signal)
      return []
    })
    await round(web)
    await round(wanting({ web: [81] }, { revision: 2 }))
    expect((await during(500)).slice(0, 2)).toEqual(['planned for 2: Create web 81', 'apply Create web 81'])
  })
})

describe('a round plans', () => {
  it('nothing while what is desired is what the target was brought to', async () => {
    const { round } = loneReconciler({ traced: true })
    expect(await round(web)).toEqual([
      'read',
      'Read ended: ',
      'Plan ended: changes 1, skipped 0',
      'planned for 1: Create web 80',
      'apply Create web 80',
      'Apply ended: changes 1, left 0',
      'applied Create web 80, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
      'Round ended: revision 1',
    ])
    expect(await round({ ...web, revision: 2, unresolved: web.unresolved, awaited: ['x'] })).toEqual([
      'synced 2',
      'reached 2: exact',
    ])
  })

  it.each([
    ['backends', { ...wanting({ web: [80] }), complete: web.complete, unjudged: web.unjudged }],
    ['completeness', { ...web, complete: false }],
    ['hosts of tasks without a name', { ...web, unjudged: new Set<string>() }],
  ])('when it has other %s', async (_, next) => {
    const { round } = loneReconciler({ traced: true, rows: [rowOf('web', [80])] })
    await round(web)
    expect(await round(next)).toEqual([
      'Plan ended: changes 0, skipped 0',
      'synced 1',
      'reached 1: exact',
      'Round ended: revision 1',
    ])
  })

  it('again after a write, until all of it is done', async () => {
    const { round, answers } = loneReconciler({ traced: true })
    await round(web)
    const both = wanting({ web: [81], api: [90] })
    answers.apply.push((changes) =>
      Promise.resolve(changes.map(({ key }) => ({ _tag: 'Rejected', key, reason: 'too long' }))),
    )
    expect(await round(both)).toEqual([
      'Plan ended: changes 2, skipped 0',
      'planned for 1: Create api 90; Update web 81',
      'apply Create api 90; Update web 81',
      'Apply ended: changes 0, left 2, too long',
      'rejected api for the 1. time: too long',
      'rejected web for the 1. time: too long',
    ])
    // What it was before is settled no longer.
    expect((await round(web, 25)).slice(0, 3)).toEqual([
      'Plan ended: changes 0, skipped 0',
      'synced 1',
      'reached 1: exact',
    ])
  })

  it('after the view has everything that others knew, unless there is nothing to plan', async () => {
    const { round, note, answers, during } = loneReconciler({
      caughtUp: () => {
        note('caught up')
        return Promise.resolve()
      },
    })
    answers.read.push(() => Promise.reject(new Error('down')))
    expect(await round(web)).toEqual(['read', 'failed to read all: down, again in 25'])
    expect((await during(25)).slice(0, 3)).toEqual(['read', 'caught up', 'planned for 1: Create web 80'])
    expect(await round()).toEqual(['synced 1', 'reached 1: exact'])
    expect((await round(wanting({ web: [] }))).slice(0, 2)).toEqual([
      'caught up',
      'planned for 1: Update web ',
    ])
  })

  it('not before others have been caught up with', async () => {
    let catchUp: () => void = () => undefined
    const { round, during } = loneReconciler({
      caughtUp: () => new Promise((resolve) => (catchUp = resolve)),
    })
    expect(await round(web)).toEqual(['read'])
    catchUp()
    expect((await during(0)).slice(0, 1)).toEqual(['planned for 1: Create web 80'])
  })
})
