import { Writable } from 'node:stream'
import type { ServerResponse } from 'node:http'
import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import type { Overview } from '../../src/inspector/overview.js'
import { OverviewStreams } from '../../src/worker/inspector/overview-streams.js'
import { overviewOf } from '../../src/inspector/overview-of.js'
import { nothingObserved } from '../../src/inspector/observed.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { project } from '../../src/core/project.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { virtualClock } from '../support/virtual-clock.js'

const options = { expose: servicePorts(), covers: [] }
const overview = (at: number): Overview =>
  overviewOf({
    state: emptyState,
    options,
    desired: project(emptyState, options),
    targets: [],
    now: at,
    observed: { ...nothingObserved, worker: 'w'.repeat(5_000) },
  })

/** A response whose client reads only when told. */
class SlowResponse extends Writable {
  readonly texts: string[] = []
  #go: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 16_384 })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.texts.push(chunk.toString())
    this.#go = done
  }

  writeHead(): this {
    return this
  }

  readOne(): void {
    this.#go?.()
  }
}

it('holds for a client that does not read what fits its buffer and one overview, and sends the newest then', async () => {
  const overview$ = new Subject<Overview>()
  const clock = virtualClock()
  const streams = new OverviewStreams(overview$, clock)
  const response = new SlowResponse()
  streams.add(response as unknown as ServerResponse)
  for (let at = 1; at <= 1_000; at++) overview$.next(overview(at))
  await clock.advance(60_000)
  expect(response.writableLength).toBeLessThan(3 * 16_384)
  let read = 0
  while (response.writableLength > 0 && read++ < 20) {
    response.readOne()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(response.texts.filter((text) => text.startsWith('event')).length).toBeLessThan(10)
  expect(response.texts.at(-1)).toContain('"at":1000,')
  streams.end()
})

it('makes no overview while nobody listens', () => {
  const overview$ = new Subject<Overview>()
  const streams = new OverviewStreams(overview$, virtualClock())
  expect(overview$.observed).toBe(false)
  const response = new SlowResponse()
  streams.add(response as unknown as ServerResponse)
  expect(overview$.observed).toBe(true)
  response.emit('close')
  expect(overview$.observed).toBe(false)
})
