import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type Entry, Ledger } from '../../src/core/ledger.js'
import { holds, refutation } from './holds.js'

const sinks = ['table', 'zone', 'file'] as const

const step = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), newest: fc.option(fc.nat(100), { nil: undefined }) }),
  fc.record({ do: fc.constant('settle' as const), sink: fc.constantFrom(...sinks), by: fc.nat(5) }),
  // A cursor of a sink that holds no acknowledgements, and one that has not been reached: both are nothing.
  fc.record({ do: fc.constant('settle' as const), sink: fc.constant('stdout'), by: fc.nat(5) }),
  fc.record({ do: fc.constant('settle' as const), sink: fc.constantFrom(...sinks), by: fc.constant(1000) }),
)
const steps = fc.array(step, { maxLength: 80, size: 'max' })
const required = fc.subarray([...sinks])

/** A ledger beside what is plainly true of it. */
const play = (
  needed: readonly string[],
  all: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  check: (ledger: Ledger, acks: readonly number[], minimum: number, returned: number) => void,
) => {
  const ledger = new Ledger(needed)
  const acks: number[] = []
  const nacks: number[] = []
  const cursors = new Map(needed.map((sink) => [sink, 0]))
  let revision = 0
  for (const one of all) {
    const before = acks.length
    let returned: number
    if (one.do === 'enter') {
      const mine = ++revision
      strictEqual(
        ledger.enter({ ack: () => acks.push(mine), nack: () => nacks.push(mine) }, one.newest),
        revision,
      )
      returned = acks.length - before
    } else {
      const to = (cursors.get(one.sink) ?? 0) + one.by
      if (cursors.has(one.sink)) cursors.set(one.sink, Math.min(revision, to))
      returned = ledger.settle(one.sink, to)
    }
    strictEqual(returned, acks.length - before)
    check(ledger, acks, Math.min(revision, ...cursors.values()), returned)
  }
  return { ledger, acks, nacks, revision }
}

describe('the ledger', () => {
  it('acknowledges exactly what every required cursor has passed: never above the minimum, each once, in order', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        play(needed, all, (_ledger, acks, minimum) =>
          deepStrictEqual(
            acks,
            Array.from({ length: minimum }, (_, i) => i + 1),
          ),
        )
      }),
    )
  })

  it('never lets a cursor go back, or beyond what was folded', () => {
    holds(
      fc.property(required, steps, fc.constantFrom(...sinks), (needed, all, sink) => {
        let last = 0
        play(needed, all, (ledger) => {
          const cursor = ledger.cursor(sink) ?? last
          ok(cursor >= last && cursor <= ledger.revision)
          last = cursor
        })
      }),
    )
  })

  it('acknowledges everything once every sink is quiet', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        const { ledger, acks, revision } = play(needed, all, () => undefined)
        for (const sink of needed) ledger.settle(sink, revision)
        strictEqual(acks.length, revision)
        strictEqual(ledger.unsettled, 0)
        ok(ledger.quiet)
      }),
    )
  })

  it('says how many deliveries are unsettled, and whether all sinks have caught up', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        play(needed, all, (ledger, acks, minimum) => {
          strictEqual(ledger.unsettled, ledger.revision - acks.length)
          strictEqual(ledger.quiet, minimum === ledger.revision)
        })
      }),
    )
  })

  it('knows the latest event among unsettled deliveries up to a revision', () => {
    holds(
      fc.property(steps, fc.nat(80), (all, upTo) => {
        const times = all.flatMap((one) => (one.do === 'enter' ? [one.newest] : []))
        const { ledger, acks } = play(['table'], all, () => undefined)
        const open = times.slice(acks.length, upTo).filter((time) => time !== undefined)
        strictEqual(ledger.newest(upTo), open.length === 0 ? undefined : Math.max(...open))
      }),
    )
  })

  it('gives back what is unsettled when abandoned, each once, and acknowledges none of it later', () => {
    holds(
      fc.property(required, steps, (needed, all) => {
        const { ledger, acks, nacks, revision } = play(needed, all, () => undefined)
        const settled = [...acks]
        ledger.abandon(new Error('stopped'))
        ledger.abandon(new Error('stopped again'))
        for (const sink of needed) ledger.settle(sink, revision)
        deepStrictEqual(acks, settled)
        deepStrictEqual(
          [...acks, ...nacks],
          Array.from({ length: revision }, (_, i) => i + 1),
        )
        strictEqual(ledger.unsettled, 0)
      }),
    )
  })

  it('knows the latest event, in whichever order events come, and of those that have a time', () => {
    const ledger = new Ledger(['table'])
    const none = { ack: () => undefined, nack: () => undefined }
    for (const time of [undefined, 2, undefined, 3, 1]) ledger.enter(none, time)
    deepStrictEqual(
      [1, 2, 3, 4, 5, 6].map((revision) => ledger.newest(revision)),
      [undefined, 2, 2, 3, 3, 3],
    )
    ledger.settle('table', 4)
    deepStrictEqual([ledger.newest(4), ledger.newest(5)], [undefined, 1])
  })

  it('says how far each required sink is', () => {
    const ledger = new Ledger(['table', 'zone'])
    for (let i = 0; i < 3; i++) ledger.enter({ ack: () => undefined, nack: () => undefined })
    ledger.settle('table', 2)
    ledger.settle('table', 1)
    ledger.settle('zone', 9)
    deepStrictEqual(
      ['table', 'zone', 'stdout'].map((sink) => ledger.cursor(sink)),
      [2, 3, undefined],
    )
  })

  it('goes on after it was abandoned', () => {
    const ledger = new Ledger(['table'])
    const told: string[] = []
    const enter = (name: string) =>
      ledger.enter({ ack: () => told.push(`ack ${name}`), nack: () => told.push(`nack ${name}`) }, 7)
    enter('a')
    ledger.settle('table', 1)
    enter('b')
    strictEqual(ledger.abandon(new Error('stopped')), 1)
    strictEqual(ledger.settle('table', enter('c')), 1)
    strictEqual(ledger.newest(3), undefined)
    strictEqual(ledger.settle('table', enter('d')), 1)
    deepStrictEqual(told, ['ack a', 'nack b', 'ack c', 'ack d'])
  })

  it('lets go of a delivery when it has acknowledged it: its events may be a snapshot of a hundred thousand tasks', () => {
    const ledger = new Ledger(['table'])
    let acks = 0
    let most = 0
    for (let i = 0; i < 100_000; i++) {
      const revision = ledger.enter({ ack: () => acks++, nack: () => undefined })
      if (i % 10 === 9) ledger.settle('table', revision - 5)
      if (i % 1000 === 999) {
        strictEqual(placesIn(ledger).filter((entry) => entry !== undefined).length, ledger.unsettled)
        most = Math.max(most, placesIn(ledger).length)
      }
    }
    ok(most < 5000, `there were ${most} places`)
    strictEqual(acks, 99_995)
  })

  it('may be settled again from within an acknowledgement', () => {
    const ledger = new Ledger(['table'])
    const acks: number[] = []
    // More than a stack has room for, if each were settled within the one before it.
    for (let i = 1; i <= 20_000; i++)
      ledger.enter({
        ack: () => {
          acks.push(i)
          ledger.settle('table', i + 1)
        },
        nack: () => undefined,
      })
    ledger.settle('table', 1)
    deepStrictEqual(
      acks,
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    )
    strictEqual(ledger.unsettled, 0)
  })
})

const placesIn = (ledger: Ledger): readonly unknown[] =>
  (ledger as unknown as { readonly entries: readonly unknown[] }).entries

/** One delivery in the model: all that can be said of it without a ledger. */
interface Told {
  readonly revision: number
  readonly tasks: readonly string[]
  /** The required sinks that have passed a revision of its own or later at which none of its tasks waited. */
  readonly held: Set<string>
}

/** What the real thing does, and what plainly wrong ones do in its place. */
interface Keeper {
  enter(delivery: { ack: () => void; nack: () => void }, newest: undefined, tasks: readonly string[]): number
  settle(sink: string, revision: number, waits: (task: string) => boolean): number
  forgo(entry: Entry): boolean
  abandon(reason: Error): void
  readonly unsettled: number
  readonly waiting: number
}
type MakeKeeper = (required: readonly string[], onDeferred: (entry: Entry) => void) => Keeper

const task = fc.constantFrom<string>('a', 'b', 'c')
const tasks = fc.uniqueArray(task, { maxLength: 2 })
const waitingStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('enter' as const), tasks }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      sink: fc.constantFrom(...sinks),
      by: fc.nat(3),
      waiting: fc.uniqueArray(task, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forgo' as const), pick: fc.nat(20) }) },
)

/**
 * A delivery is acknowledged exactly when every required sink has passed a revision, its own or a later one, at which
 * none of its tasks waited by that sink's own view; or when it was forgone. Each once, and none because of another.
 * What is left is given back once.
 */
const heldOnly = (make: MakeKeeper) =>
  fc.property(required, fc.array(waitingStep, { maxLength: 60, size: 'max' }), (needed, all) => {
    const deferred: Entry[] = []
    const ledger = make(needed, (entry) => deferred.push(entry))
    const acks: number[] = []
    const nacks: number[] = []
    const open = new Map<number, Told>()
    const acked = new Set<number>()
    const everDeferred = new Set<number>()
    const cursors = new Map(needed.map((sink) => [sink, 0]))
    let revision = 0
    const minimum = (): number => Math.min(revision, ...cursors.values())
    const done = (told: Told): void => {
      open.delete(told.revision)
      acked.add(told.revision)
    }
    for (const one of all) {
      switch (one.do) {
        case 'enter': {
          const mine = ++revision
          const delivery = { ack: () => acks.push(mine), nack: () => nacks.push(mine) }
          strictEqual(ledger.enter(delivery, undefined, one.tasks), mine)
          const told = { revision: mine, tasks: one.tasks, held: new Set<string>() }
          open.set(mine, told)
          if (needed.length === 0) done(told)
          break
        }
        case 'settle': {
          const cursor = cursors.get(one.sink)
          const waits = (name: string): boolean => one.waiting.includes(name)
          const before = acks.length
          const returned = ledger.settle(one.sink, (cursor ?? 0) + one.by, waits)
          strictEqual(returned, acks.length - before)
          // The view of a revision that the sink has reached before, or of a sink that is not asked, tells nothing.
          if (cursor === undefined || one.by === 0 || cursor === revision) break
          const reached = Math.min(revision, cursor + one.by)
          cursors.set(one.sink, reached)
          for (const told of [...open.values()]) {
            if (told.revision > reached) continue
            if (!told.tasks.some(waits)) told.held.add(one.sink)
            // Only when it first passes: a task that waits again is told of by what made it wait.
            else if (told.revision > cursor && !everDeferred.has(told.revision))
              everDeferred.add(told.revision)
            if (needed.every((sink) => told.held.has(sink))) done(told)
          }
          break
        }
        case 'forgo': {
          const entry = deferred[one.pick % Math.max(1, deferred.length)]
          if (entry === undefined) break
          const isOpen = open.has(entry.revision)
          strictEqual(ledger.forgo(entry), isOpen)
          const told = open.get(entry.revision)
          if (told !== undefined) done(told)
          break
        }
      }
      deepStrictEqual(new Set(acks), acked)
      strictEqual(acks.length, acked.size)
      strictEqual(ledger.unsettled, open.size)
      // Each is told of once, when the first sink passes it.
      deepStrictEqual(new Set(deferred.map((entry) => entry.revision)), everDeferred)
      strictEqual(deferred.length, everDeferred.size)
      strictEqual(ledger.waiting, [...open.keys()].filter((one) => everDeferred.has(one)).length)
      // What waits for nothing is acknowledged as ever: whatever waits beside it holds up nothing.
      for (const told of open.values())
        ok(told.revision > minimum() || everDeferred.has(told.revision), `${told.revision} waits for nothing`)
    }
    ledger.abandon(new Error('stopped'))
    ledger.abandon(new Error('stopped again'))
    for (const sink of needed) ledger.settle(sink, revision, () => false)
    for (const entry of deferred) strictEqual(ledger.forgo(entry), false)
    deepStrictEqual(new Set(acks), acked)
    deepStrictEqual(
      [...nacks].sort((a, b) => a - b),
      [...open.keys()],
    )
  })

describe('a ledger of deliveries about tasks that wait for lookups', () => {
  it('acknowledges exactly what every required sink holds: by its own view none of the tasks waits', () => {
    holds(heldOnly((needed, onDeferred) => new Ledger(needed, onDeferred)))
  })

  it('does not block other deliveries while one waits', () => {
    const ledger = new Ledger(['table'])
    const acks: string[] = []
    const enter = (name: string, about: readonly string[]) =>
      ledger.enter({ ack: () => acks.push(name), nack: () => undefined }, undefined, about)
    enter('slow', ['a'])
    for (let i = 0; i < 3; i++) ledger.settle('table', enter(`quick ${i}`, []), (name) => name === 'a')
    deepStrictEqual(acks, ['quick 0', 'quick 1', 'quick 2'])
    strictEqual(ledger.waiting, 1)
    ledger.settle('table', enter('answer', []), () => false)
    deepStrictEqual(acks.slice(3).sort(), ['answer', 'slow'])
    strictEqual(ledger.unsettled, 0)
  })

  /** The names of deliveries that are acknowledged, and a ledger of two sinks. */
  const ofTwo = () => {
    const acks: string[] = []
    const deferred: Entry[] = []
    const ledger = new Ledger(['table', 'zone'], (entry) => deferred.push(entry))
    const enter = (name: string, about: readonly string[] = []) =>
      ledger.enter({ ack: () => acks.push(name), nack: () => undefined }, undefined, about)
    return { ledger, acks, deferred, enter }
  }
  const isA = (name: string): boolean => name === 'a'

  it('counts a sink that passed a delivery before another found that it waits', () => {
    const { ledger, acks, enter } = ofTwo()
    ledger.settle('table', enter('one', ['a']))
    ledger.settle('zone', 1, isA)
    strictEqual(ledger.waiting, 1)
    ledger.settle('zone', enter('two'))
    deepStrictEqual(acks, ['one'])
  })

  it('counts a sink that passes exactly the delivery, without a wait, after another found that it waits', () => {
    const { ledger, acks, enter } = ofTwo()
    ledger.settle('table', enter('one', ['a']), isA)
    ledger.settle('zone', 1)
    ledger.settle('table', enter('two'))
    deepStrictEqual(acks, ['one'])
  })

  it('counts no sink that has not come to the delivery, although nothing waits where it is', () => {
    const { ledger, acks, enter } = ofTwo()
    enter('one')
    ledger.settle('table', enter('two', ['a']), isA)
    ledger.settle('zone', 1)
    ledger.settle('table', enter('three'))
    deepStrictEqual(acks, ['one'])
    ledger.settle('zone', 2)
    deepStrictEqual(acks, ['one', 'two'])
  })

  it('counts no sink while any of the tasks waits', () => {
    const { ledger, acks, enter } = ofTwo()
    ledger.settle('table', enter('one', ['a', 'b']), isA)
    ledger.settle('zone', 1, isA)
    enter('two')
    ledger.settle('table', 2, isA)
    ledger.settle('zone', 2, (name) => name === 'b')
    deepStrictEqual(acks, ['two'])
  })

  it('looks at no delivery again that a sink has passed', () => {
    const { ledger, acks, deferred, enter } = ofTwo()
    ledger.settle('table', enter('one', ['a']))
    ledger.settle('table', enter('two'), isA)
    strictEqual(ledger.waiting, 0)
    ledger.settle('zone', 2)
    deepStrictEqual(acks, ['one', 'two'])
    deepStrictEqual(deferred, [])
  })

  it('waits for none of the tasks if it is not told which wait', () => {
    const { ledger, acks, enter } = ofTwo()
    enter('one', ['a'])
    for (const sink of ['table', 'zone']) ledger.settle(sink, 1)
    deepStrictEqual(acks, ['one'])
  })

  it('gives up a wait once, and gives back what waits among the others', () => {
    const nacks: string[] = []
    const { ledger, acks, deferred, enter } = ofTwo()
    ledger.settle('table', enter('one', ['a']), isA)
    const [one] = deferred
    ok(one !== undefined && ledger.isDeferred(one))
    strictEqual(ledger.forgo(one), true)
    strictEqual(ledger.forgo(one), false)
    strictEqual(ledger.isDeferred(one), false)
    deepStrictEqual(acks, ['one'])
    for (const name of ['b', 'a', 'c'])
      ledger.enter({ ack: () => undefined, nack: () => nacks.push(name) }, undefined, [name])
    ledger.settle('table', 4, isA)
    strictEqual(ledger.waiting, 1)
    strictEqual(ledger.abandon(new Error('stopped')), 3)
    deepStrictEqual(nacks.sort(), ['a', 'b', 'c'])
    strictEqual(ledger.waiting, 0)
  })

  it('lets go of what waited: twenty thousand of them leave nothing behind', () => {
    const ledger = new Ledger(['table'])
    let acks = 0
    let most = 0
    for (let i = 0; i < 20_000; i++) {
      const revision = ledger.enter({ ack: () => acks++, nack: () => undefined }, undefined, [`task ${i}`])
      ledger.settle('table', revision, (name) => name === `task ${i}`)
      most = Math.max(most, placesIn(ledger).length + ledger.waiting)
    }
    ok(most < 5000, `${most} entries were held`)
    strictEqual(acks, 19_999)
  })

  describe('that is wrong', () => {
    const isRefuted = (make: MakeKeeper): void => {
      ok(fc.check(heldOnly(make), refutation).failed)
    }

    it('acknowledges when cursors pass, whatever waits', () => {
      isRefuted((needed) => {
        const ledger = new Ledger(needed)
        return {
          enter: (delivery) => ledger.enter(delivery),
          settle: (sink, revision) => ledger.settle(sink, revision),
          forgo: () => false,
          abandon: (reason) => ledger.abandon(reason),
          get unsettled() {
            return ledger.unsettled
          },
          waiting: 0,
        }
      })
    })

    it('holds every cursor below a delivery that waits', () => {
      isRefuted((needed, onDeferred) => {
        const ledger = new Ledger(needed, onDeferred)
        const open: (readonly string[])[] = []
        return {
          enter: (delivery, newest, about) => {
            open.push(about)
            return ledger.enter(delivery, newest, about)
          },
          settle: (sink, revision, waits) => {
            const first = open.findIndex((about) => about.some(waits))
            return ledger.settle(sink, first < 0 ? revision : Math.min(revision, first))
          },
          forgo: (entry) => ledger.forgo(entry),
          abandon: (reason) => ledger.abandon(reason),
          get unsettled() {
            return ledger.unsettled
          },
          get waiting() {
            return ledger.waiting
          },
        }
      })
    })

    it('believes the view of one sink for all', () => {
      isRefuted((needed, onDeferred) => {
        const ledger = new Ledger(needed, onDeferred)
        return {
          enter: (delivery, newest, about) => ledger.enter(delivery, newest, about),
          settle: (sink, revision, waits) =>
            ledger.settle(sink, revision, sink === needed[0] ? waits : () => false),
          forgo: (entry) => ledger.forgo(entry),
          abandon: (reason) => ledger.abandon(reason),
          get unsettled() {
            return ledger.unsettled
          },
          get waiting() {
            return ledger.waiting
          },
        }
      })
    })
  })
})
