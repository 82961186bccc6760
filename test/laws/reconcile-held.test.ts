/** What a reconciler says that it has reached, what it tells people meanwhile, and how it ends. */
import { describe, expect, it } from 'vitest'
import type { Applied } from '../../src/core/reconcile.js'
import { loneReconciler, rowOf, wanting } from '../support/lone-reconciler.js'

const web = wanting({ web: [80] })
const down = () => Promise.reject(new Error('down'))

describe('a target has', () => {
  it('settled, and not all of it, while a record of others is in the way', async () => {
    const { round } = loneReconciler({ rows: [rowOf('web', [79], 'them')] })
    expect(await round(web)).toEqual([
      'read',
      'planned for 1: Update web 80 is foreign',
      'synced 1',
      'reached 1: settled',
    ])
    expect(await round()).toEqual(['synced 1', 'reached 1: settled'])
  })

  it('all of it, if an incomplete state is all that keeps a record', async () => {
    const { round } = loneReconciler({ rows: [rowOf('old', [79]), rowOf('api', [79], 'them')] })
    expect(await round({ ...web, complete: false })).toEqual([
      'read',
      'planned for 1: Create web 80; Update old  is incomplete',
      'apply Create web 80',
      'applied Create web 80, of 1 endpoints',
      'synced 1',
      'reached 1: exact',
    ])
    expect((await round(wanting({ web: [80], api: [90] }, { complete: false }))).slice(1)).toEqual([
      'synced 1',
      'reached 1: settled',
    ])
  })

  it('nothing of a dry run, which is planned each time, and reported when it differs', async () => {
    const { round } = loneReconciler({ sink: { dry: true } })
    expect(await round(wanting({}))).toEqual(['read', 'reached 1: held'])
    expect(await round(web)).toEqual(['planned dry for 1: Create web 80', 'reached 1: held'])
    expect(await round({ ...web, revision: 2 })).toEqual(['reached 2: held'])
    expect(await round(wanting({ web: [81] }))).toEqual([
      'planned dry for 1: Create web 81',
      'reached 1: held',
    ])
    expect(await round(wanting({}))).toEqual(['planned dry for 1: ', 'reached 1: held'])
  })
})

describe('records that the prune guard doubts', () => {
  const guarded = {
    pruneGuard: { share: 0.5, atLeast: 2 },
    rows: [rowOf('a', [1]), rowOf('b', [2]), rowOf('c', [3])],
  }
  const snapshots = (ports: Record<string, number[]>, ...orders: readonly [string, number][]) =>
    wanting(ports, { readings: new Map(orders) })

  it('stay, and hold what is settled, while others are written, until each cluster was read anew', async () => {
    const { round, held } = loneReconciler(guarded)
    const kept = 'Update a  is too-much; Update b  is too-much'
    expect(await round(snapshots({ c: [4] }, ['one', 1], ['two', 5]))).toEqual([
      'read',
      `planned for 1: Update c 4; ${kept}`,
      'doubt',
      'apply Update c 4',
      'applied Update c 4, of 1 endpoints',
      'reached 1: held',
    ])
    expect(await round(snapshots({ c: [4] }, ['one', 2], ['two', 5]))).toEqual(['reached 1: held'])
    expect(await round(snapshots({ c: [4] }))).toEqual(['reached 1: held'])
    expect(held()).toEqual({ a: [1], b: [2], c: [4] })
    expect(await round(snapshots({ c: [4] }, ['one', 2], ['two', 6]))).toEqual([
      'planned for 1: Update a ; Update b ',
      'apply Update a ; Update b ',
      'applied Update a , of 0 endpoints',
      'applied Update b , of 0 endpoints',
      'synced 1',
      'reached 1: exact',
    ])
  })

  it('are confirmed by clusters that were unknown before, and doubted anew after a plan without doubt', async () => {
    const { round } = loneReconciler(guarded)
    expect((await round(snapshots({}, ['one', 1]))).at(-1)).toBe('reached 1: held')
    expect(await round(snapshots({ a: [1], b: [2], c: [3] }, ['one', 1]))).toEqual([
      'planned for 1: ',
      'synced 1',
      'reached 1: exact',
    ])
    // What is newer than the first doubt confirms nothing of the second one.
    expect((await round(snapshots({}, ['one', 2]))).slice(1)).toEqual(['doubt', 'reached 1: held'])
    expect((await round(snapshots({}, ['one', 3], ['new', 1]))).at(-1)).toBe('reached 1: exact')
  })

  it('are doubted anew after a plan that only skips records of others', async () => {
    const { round } = loneReconciler({ ...guarded, rows: [...guarded.rows, rowOf('web', [79], 'them')] })
    expect((await round(snapshots({}, ['one', 1]))).at(-1)).toBe('reached 1: held')
    await round(snapshots({ a: [1], b: [2], c: [3], web: [80] }, ['one', 1]))
    expect((await round(snapshots({}, ['one', 2]))).slice(1)).toEqual(['doubt', 'reached 1: held'])
  })

  it('are believed as long as records are emptied that would be deleted', async () => {
    const { round, held } = loneReconciler({ ...guarded, sink: { prune: () => undefined } })
    expect((await round(snapshots({}, ['one', 1]))).slice(2)).toEqual(['doubt', 'reached 1: held'])
    const emptied = ['a', 'b', 'c'].map((key) => `applied Update ${key} , of 0 endpoints`)
    expect((await round(snapshots({}, ['one', 2]))).slice(2)).toEqual([
      ...emptied,
      'synced 1',
      'reached 1: settled',
    ])
    // Another snapshot without a new doubt.
    expect(await round(snapshots({}, ['one', 3]))).toEqual(['synced 1', 'reached 1: settled'])
    expect(held()).toEqual({ a: [], b: [], c: [] })
  })
})

describe('after a round', () => {
  it('that wrote, a pause collects changes; after one that did not, there is none', async () => {
    const { round, during, want, reconciler } = loneReconciler({ minWriteIntervalMs: 100 })
    await round(wanting({}))
    expect((await round(web)).at(-1)).toBe('reached 1: exact')
    expect(await round(wanting({ web: [81] }), 99)).toEqual([])
    want(wanting({ web: [82] }, { revision: 3 }))
    expect((await during(1)).slice(0, 2)).toEqual(['planned for 3: Update web 82', 'apply Update web 82'])
    await during(100)
    expect(await round()).toEqual(['synced 3', 'reached 3: exact'])
    expect(await round()).toEqual(['synced 3', 'reached 3: exact'])
    reconciler.ask()
    expect(await during(0)).toEqual(['synced 3', 'reached 3: exact'])
  })

  it('the end waits for no pause, and for one last round', async () => {
    const at = loneReconciler({ minWriteIntervalMs: 100_000 })
    await at.round(web)
    at.want(wanting({ web: [81] }, { revision: 2 }))
    expect(at.ended).toBe(false)
    at.reconciler.finish()
    expect((await at.during(0)).at(-1)).toBe('reached 2: exact')
    expect(at.ended).toBe(true)
    expect(at.clock.sleeping).toBe(0)
  })

  it('the end of an idle one has a last round, too', async () => {
    const at = loneReconciler()
    at.reconciler.finish()
    expect(await at.during(0)).toEqual(['read', 'synced 1', 'reached 1: exact'])
    expect(at.ended).toBe(true)
  })

  it('nobody is answered by another one that fails; it ends the work', async () => {
    const at = loneReconciler({ latest: () => Promise.reject(new Error('a defect')), traced: true })
    void at.reconciler.reread().then(() => at.note('answered'))
    expect(await at.during(0)).toEqual(['read', 'Read ended: ', 'Round ended: a defect'])
    expect(at.failure).toEqual(new Error('a defect'))
    const untraced = loneReconciler({ latest: () => Promise.reject(new Error('a defect')) })
    untraced.reconciler.ask()
    expect(await untraced.during(0)).toEqual(['read'])
    expect(untraced.failure).toEqual(new Error('a defect'))
  })
})

describe('a reconciler tells', () => {
  it('nothing to a sink that does not listen', async () => {
    const { round } = loneReconciler({ hears: false })
    expect((await round(web)).slice(3)).toEqual(['applied Create web 80, of 1 endpoints', 'reached 1: exact'])
  })

  it('what became of the changes of a write', async () => {
    const heard: Applied[] = []
    const { round, answers } = loneReconciler({
      applied: (one) => heard.push(one),
      rows: [rowOf('web', [79])],
    })
    const desired = wanting({ web: [80], api: [90], mail: [25] })
    answers.apply.push(() =>
      Promise.resolve([
        { _tag: 'Failed', key: 'api', error: new Error('throttled') },
        { _tag: 'Done', key: 'web', row: rowOf('web', [80]) },
      ]),
    )
    await round(desired)
    expect(heard).toEqual([
      {
        desired,
        at: 0,
        done: [expect.objectContaining({ _tag: 'Update', key: 'web' })],
        left: [
          { _tag: 'Create', key: 'api', after: ['10.0.0.1:90'] },
          { _tag: 'Create', key: 'mail', after: ['10.0.0.1:25'] },
        ],
      },
    ])
  })

  it('the warnings of a target when they change, and when they end', async () => {
    const warnings = [['half full'], ['half full'], ['half full', 'hot'], ['hot', 'half full'], [], []]
    const { reconciler, during } = loneReconciler({ sink: { warnings: () => warnings.shift() ?? [] } })
    const next = () => {
      void reconciler.reread()
      return during(0)
    }
    const end = ['synced 1', 'reached 1: exact']
    expect(await next()).toEqual(['read', 'warned: half full', ...end])
    expect(await next()).toEqual(['read', ...end])
    expect(await next()).toEqual(['read', 'warned: half full, hot', ...end])
    expect(await next()).toEqual(['read', 'warned: hot, half full', ...end])
    expect(await next()).toEqual(['read', 'warned: ', ...end])
    expect(await next()).toEqual(['read', ...end])
  })

  it('what its target holds, once it was read, and why not before', async () => {
    const { reconciler, round, during, answers } = loneReconciler()
    expect(await reconciler.explained(web)).toEqual({
      _tag: 'Unread',
      name: 'target',
      reason: 'it has not been read yet',
    })
    answers.read.push(down)
    await round(web)
    expect(await reconciler.explained(web)).toEqual({
      _tag: 'Unread',
      name: 'target',
      reason: 'down',
      todo: 'see what `doctor` says',
    })
    await during(25)
    expect(reconciler.name).toBe('target')
    const target = await reconciler.explained(web)
    expect(target).toMatchObject({ _tag: 'Read', name: 'target', unlike: [] })
    expect(await reconciler.explained(web)).toBe(target)
    answers.apply.push(() => Promise.reject(new Error('full')))
    await round(wanting({ web: [81] }))
    expect(await reconciler.explained(web)).toMatchObject({ reason: 'full' })
    await during(25)
    answers.apply.push(() => new Promise(() => undefined))
    void reconciler.reread()
    expect(await reconciler.explained(web)).toEqual({
      _tag: 'Unread',
      name: 'target',
      reason: 'it has not been read yet',
    })
  })

  it('what the plan is that the prune guard has had confirmed', async () => {
    const { reconciler, round } = loneReconciler({
      pruneGuard: { share: 0.5, atLeast: 2 },
      rows: [rowOf('a', [1]), rowOf('b', [2])],
    })
    await round(wanting({}))
    const unlike = async (order: number) => {
      const target = await reconciler.explained(wanting({}, { readings: new Map([['cluster', order]]) }))
      return target._tag === 'Read' ? target.unlike : target
    }
    expect(await unlike(1)).toMatchObject([{ skipped: 'too-much' }, { skipped: 'too-much' }])
    expect(await unlike(2)).toMatchObject([{ change: 'Update' }, { change: 'Update' }])
  })

  it.each([
    ['was read, and took nothing yet', [], [], true],
    ['was not read', [down], [], false],
    ['refused all it was given', [], [down], false],
    [
      'failed at the first change',
      [],
      [() => Promise.resolve([{ _tag: 'Failed', key: 'web', error: new Error('full') } as const])],
      false,
    ],
  ])('whether its target has worked: one that %s', async (_, read, apply, works) => {
    const { reconciler, round, answers } = loneReconciler()
    expect(reconciler.hasWorked).toBe(false)
    answers.read.push(...read)
    answers.apply.push(...apply)
    await round(read.length + apply.length === 0 ? wanting({}) : web)
    expect(reconciler.hasWorked).toBe(works)
  })

  it.each([
    ['all', down],
    ['one', () => Promise.resolve([{ _tag: 'Failed', key: 'web', error: new Error('full') } as const])],
  ])('that its target has worked, also after a write that failed for %s', async (_, apply) => {
    const { reconciler, round, answers } = loneReconciler()
    await round(web)
    answers.apply.push(apply)
    await round(wanting({ web: [81] }))
    expect(reconciler.hasWorked).toBe(true)
  })

  it('that its target has worked once it takes a change after it has refused others', async () => {
    const { reconciler, round, during, answers } = loneReconciler()
    answers.apply.push(down)
    await round(web)
    expect(reconciler.hasWorked).toBe(false)
    await during(25)
    expect(reconciler.hasWorked).toBe(true)
  })
})

it('leaves others their turn after each five hundred records that were written', async () => {
  const pauses: number[] = []
  const at = loneReconciler({ minWriteIntervalMs: 1, paused: () => pauses.push(at.written()) })
  await at.round(web, 1)
  expect(pauses).toEqual([])
  await at.round(wanting(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`s${i}`, [i]]))))
  expect(pauses.filter((count) => count > 0 && count < 1001)).toEqual([500, 1000])
})
