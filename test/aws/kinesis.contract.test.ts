import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type KinesisStreams, kinesisStreams } from '../../sim/kinesis/kinesis-streams.js'
import { tasks } from '../../src/testing/source-law.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { events } from '../../src/events.js'
import { kinesisBackend } from '../support/kinesis-backend.js'
import { moto } from './witnesses.js'

let server: KinesisStreams
beforeAll(async () => {
  await moto.empty()
  server = kinesisStreams(moto.url)
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('kinesis over moto', {
  lacks: ['singleAcks'],
  make: async () => ({ maxInFlight, ...(await kinesisBackend(server, { maxInFlight })) }),
  runs: 5,
})

describe('kinesis over moto', () => {
  it('reads the shards that follow a closed one', async () => {
    const { source, stream, publish, dispose } = await kinesisBackend(server)
    onTestFinished(dispose)
    const seen: string[] = []
    const following = events(source).subscribe((event) => {
      if (event._tag === 'TaskChanged') seen.push(event.task.arn)
    })
    onTestFinished(() => following.unsubscribe())
    await publish(tasks(10))
    await vi.waitFor(() => expect(seen).toHaveLength(10), { timeout: 60_000 })
    await server.split(stream, 'shardId-000000000000')
    await publish(tasks(10, 10))
    await vi.waitFor(() => expect(new Set(seen).size).toBe(20), { timeout: 60_000 })
  })
})
