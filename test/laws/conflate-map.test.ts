import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { EMPTY, NEVER, Observable, of, range, Subject, take, throwError } from 'rxjs'
import { TestScheduler } from 'rxjs/testing'
import { describe, it } from 'vitest'
import { conflateMap } from '../../src/core/conflate-map.js'
import { holds } from './holds.js'

/** A value comes, the inner stream that runs emits or completes, or the source completes. */
const step = fc.constantFrom('value' as const, 'value' as const, 'emit' as const, 'done' as const)
const steps = fc.array(step, { maxLength: 60, size: 'max' })

/** Plays steps on the operator beside a model of one slot. */
const play = (all: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) => {
  const source = new Subject<number>()
  const inner = new Map<number, Subject<string>>()
  const started: number[] = []
  const results: string[] = []
  let atOnce = 0
  let most = 0
  let completed = false
  source
    .pipe(
      conflateMap(
        (value) =>
          new Observable<string>((subscriber) => {
            const work = new Subject<string>()
            inner.set(value, work)
            started.push(value)
            most = Math.max(most, ++atOnce)
            const subscription = work.subscribe(subscriber)
            return () => {
              atOnce--
              inner.delete(value)
              subscription.unsubscribe()
            }
          }),
      ),
    )
    .subscribe({ next: (result) => results.push(result), complete: () => (completed = true) })

  const expected: number[] = []
  const emitted: string[] = []
  let running: number | undefined
  let slot: number | undefined
  let values = 0
  const start = (value: number | undefined): void => {
    running = value
    if (value !== undefined) expected.push(value)
  }
  const finish = (): void => {
    const next = slot
    slot = undefined
    start(next)
  }
  for (const one of all) {
    if (one === 'value') {
      source.next(++values)
      if (running === undefined) start(values)
      else slot = values
    } else if (one === 'emit' && running !== undefined) {
      inner.get(running)?.next(`${running}`)
      emitted.push(`${running}`)
    } else if (one === 'done' && running !== undefined) {
      const done = inner.get(running)
      finish()
      done?.complete()
    }
    deepStrictEqual(started, expected)
  }
  return {
    started,
    results,
    emitted,
    last: values,
    most: () => most,
    completed: () => completed,
    completeSource: () => source.complete(),
    /** Lets what runs complete until nothing does. */
    drain: () => {
      for (let some = [...inner.values()]; some.length > 0; some = [...inner.values()])
        some.forEach((work) => work.complete())
    },
  }
}

describe('conflateMap', () => {
  it('runs the last value always, and of those between only what a single slot holds', () => {
    holds(
      fc.property(steps, (all) => {
        const { started, drain, last, results, emitted } = play(all)
        drain()
        if (last > 0) strictEqual(started.at(-1), last)
        deepStrictEqual(results, emitted)
      }),
    )
  })

  it('never runs two at once', () => {
    holds(
      fc.property(steps, (all) => {
        const { most, drain } = play(all)
        drain()
        ok(most() <= 1)
      }),
    )
  })

  it('completes once the source has and the slot is empty, and not before', () => {
    holds(
      fc.property(steps, (all) => {
        const { completed, completeSource, drain, started, last } = play(all)
        completeSource()
        if (completed()) strictEqual(started.at(-1) ?? 0, last)
        drain()
        ok(completed())
        strictEqual(started.at(-1) ?? 0, last)
      }),
    )
  })

  const marbles = (check: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void): void =>
    new TestScheduler(deepStrictEqual).run(check)

  it('overwrites what waits while one runs, and drains before it completes', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('a-b-c-d---|')
      const expected = '   ---a--b--d|'
      const slow = (value: string) => cold('---v', { v: value }).pipe(take(1))
      expectObservable(source.pipe(conflateMap(slow))).toBe(expected)
    })
  })

  it('passes on an error of the source and stops what runs', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const work = cold('-x-x-x')
      const source = cold('a---#')
      expectObservable(source.pipe(conflateMap(() => work))).toBe('-x-x#')
      expectSubscriptions(work.subscriptions).toBe('^---!')
    })
  })

  it('passes on an error of what runs and lets go of the source', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b-c-')
      expectObservable(source.pipe(conflateMap(() => cold('-x#')))).toBe('-x#')
      expectSubscriptions(source.subscriptions).toBe('^-!')
    })
  })

  it('unsubscribes from both when it is unsubscribed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('a-b---')
      const work = cold('  -x-x-x')
      expectObservable(source.pipe(conflateMap(() => work)), '^--!').toBe('-x--')
      expectSubscriptions(source.subscriptions).toBe('^--!')
      expectSubscriptions(work.subscriptions).toBe('  ^--!')
    })
  })

  it('stops what runs when it is unsubscribed by what that emits at once', () => {
    let stopped = false
    const atOnce = new Observable<string>((subscriber) => {
      subscriber.next('at once')
      return () => (stopped = true)
    })
    const source = new Subject<string>()
    source
      .pipe(
        conflateMap(() => atOnce),
        take(1),
      )
      .subscribe()
    source.next('a')
    ok(stopped)
    ok(!source.observed)
  })

  it('stops what would emit at once for ever when it is unsubscribed', () => {
    const results: number[] = []
    let produced = 0
    const forEver = new Observable<number>((subscriber) => {
      while (!subscriber.closed && produced < 1_000_000) subscriber.next(produced++)
    })
    of('a')
      .pipe(
        conflateMap(() => forEver),
        take(3),
      )
      .subscribe((result) => results.push(result))
    deepStrictEqual(results, [0, 1, 2])
    strictEqual(produced, 3)
  })

  it('runs nothing for what comes after it is unsubscribed', () => {
    const ran: number[] = []
    range(1, 5)
      .pipe(
        conflateMap((n) => {
          ran.push(n)
          return of(n)
        }),
        take(2),
      )
      .subscribe()
    deepStrictEqual(ran, [1, 2])
  })

  it('turns a throw of the projection into an error', () => {
    const failure = new Error('no')
    let seen: unknown
    of(1)
      .pipe(
        conflateMap(() => {
          throw failure
        }),
      )
      .subscribe({ error: (error: unknown) => (seen = error) })
    strictEqual(seen, failure)
    throwError(() => failure)
      .pipe(conflateMap(() => NEVER))
      .subscribe({ error: (error: unknown) => (seen = error) })
    strictEqual(seen, failure)
  })

  it('does not exhaust the stack when a hundred thousand inner streams complete at once', () => {
    let ran = 0
    let completed = false
    range(0, 100_000)
      .pipe(
        conflateMap(() => {
          ran++
          return EMPTY
        }),
      )
      .subscribe({ complete: () => (completed = true) })
    strictEqual(ran, 100_000)
    ok(completed)
  })

  it('nor when each of them brings the next value about', () => {
    const source = new Subject<number>()
    let ran = 0
    source
      .pipe(
        conflateMap((n) => {
          ran++
          if (n < 100_000) source.next(n + 1)
          return EMPTY
        }),
      )
      .subscribe()
    source.next(1)
    strictEqual(ran, 100_000)
  })
})
