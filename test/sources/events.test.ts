import { type ClusterEvent, events, type Notice, type Source } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sources/memory'
import { Observable, take } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { observed } from '../support/observed-task.js'

const changed = (id: string): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, host: '10.0.0.1', port: 80 }),
})

describe('events', () => {
  it('emits every event of a source, and acknowledges its delivery then', async () => {
    const source = memory()
    const early = source.push(changed('a'), changed('b'))
    const seen: ClusterEvent[] = []
    const following = events(source).subscribe((event) => seen.push(event))
    expect(await early).toBe('acked')
    expect(await source.push(changed('c'))).toBe('acked')
    expect(seen).toEqual([changed('a'), changed('b'), changed('c')])
    following.unsubscribe()
    expect(await source.push(changed('d'))).toBe('nacked')
  })

  it('gives back the delivery during which its subscriber left', async () => {
    const source = memory()
    const settled = source.push(changed('a'), changed('b'))
    const seen: ClusterEvent[] = []
    events(source)
      .pipe(take(1))
      .subscribe((event) => seen.push(event))
    expect(await settled).toBe('nacked')
    expect(seen).toEqual([changed('a')])
  })

  it('passes notices on, stops the source by its signal, and ends as the source does', () => {
    const notice: Notice = { _tag: 'Warning', message: 'look at this' }
    const signals: AbortSignal[] = []
    const source: Source = {
      name: 'noisy',
      covers: [],
      deliveries: ({ signal, needs }) =>
        new Observable((subscriber) => {
          expect(needs).toBe('none')
          signals.push(signal)
          subscriber.next(notice)
          if (signals.length === 2) subscriber.complete()
        }),
    }
    const told: Notice[] = []
    const following = events(source, { onNotice: (one) => told.push(one) }).subscribe()
    expect(signals[0]?.aborted).toBe(false)
    following.unsubscribe()
    expect(signals[0]?.aborted).toBe(true)
    let completed = false
    events(source).subscribe({ complete: () => (completed = true) })
    expect(completed).toBe(true)
    expect(told).toEqual([notice])
  })
})
