import type { RequestListener } from 'node:http'
import { expect, it } from 'vitest'
import { prng } from '../../sim/prng.js'
import { Faults } from '../../simulate/engine/faults.js'
import { SimulatedProcess } from '../../simulate/engine/simulated-process.js'
import { Timeline } from '../../simulate/engine/timeline.js'
import type { Listener } from '../../simulate/network/listener.js'
import { DocumentReader } from '../../simulate/targets/document-reader.js'

const answering =
  (status: number, text: string): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(text)
  }

/** A reader of two workers, and what it has read. */
const reading = () => {
  const timeline = new Timeline(0, prng(1))
  const read: string[] = []
  const listeners: (RequestListener | undefined)[] = [undefined, undefined]
  const processes = ['w1', 'w2'].map(
    (name) =>
      new SimulatedProcess(name, timeline, {
        seed: 1,
        wrong: { aheadMs: 0, rate: 1 },
        died: () => undefined,
      }),
  )
  const listening = (worker: number): Listener | undefined => {
    const [process, listener] = [processes[worker], listeners[worker]]
    return process === undefined || listener === undefined ? undefined : { process, listener }
  }
  new DocumentReader({
    timeline,
    faults: new Faults({ seed: 1, without: new Set(), most: Infinity }, () => undefined),
    random: prng(1),
    workers: 2,
    listening,
    read: ({ by, text }) => read.push(`${by.name} ${text}`),
  }).start()
  return { timeline, read, listeners, processes }
}

it('a reader asks every five seconds, and takes the answers that are 200', async () => {
  const { timeline, read, listeners } = reading()
  await timeline.runUntil(6_000)
  listeners[0] = answering(503, 'not yet')
  await timeline.runUntil(11_000)
  expect(read).toEqual([])
  listeners[0] = answering(200, 'document')
  await timeline.runUntil(21_000)
  expect(read).toEqual(['w1 document', 'w1 document'])
})

it('a reader stays with a worker while it answers, and is moved after five minutes without a document', async () => {
  const { timeline, read, listeners, processes } = reading()
  listeners[0] = answering(200, 'first')
  listeners[1] = answering(200, 'second')
  await timeline.runUntil(60_000)
  expect(new Set(read)).toEqual(new Set(['w1 first']))
  processes[0]?.kill()
  await timeline.runUntil(300_000)
  expect(new Set(read)).toEqual(new Set(['w1 first']))
  await timeline.runUntil(400_000)
  expect(new Set(read)).toEqual(new Set(['w1 first', 'w2 second']))
})
