/** A process with a worker that gets one snapshot of a large cluster after the other. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { run, servicePorts, type Worker } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { clusterArn } from '../synthetic.js'
import { fleet } from './fleet.js'
import { answerWith } from './peer.js'
import { journalTable } from './servers.js'

export type SnapshotRequest =
  | { readonly _tag: 'Begin'; readonly journals: string }
  /** Does nothing for that long. */
  | { readonly _tag: 'Idle'; readonly ms: number }
  /** Takes the snapshot of that generation. */
  | { readonly _tag: 'Snapshot'; readonly generation: number }
  | { readonly _tag: 'End' }

export interface SnapshotAnswer {
  readonly tookMs: number
  /** The longest time for which the event loop did nothing else. */
  readonly stallMs: number
  /** The most CPU time, of all threads, between two turns of the loop: what other load does not disturb. */
  readonly turnCpuMs: number
}

const source = memorySource({ covers: [clusterArn] })
let worker: Worker | undefined

/** Watches the turns of the event loop until `end`, which returns the most CPU time of one. */
const watchTurns = (): (() => number) => {
  let longest = 0
  let before = process.cpuUsage()
  const turns = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    longest = Math.max(longest, (user + system) / 1_000)
  }, 1)
  return () => {
    clearInterval(turns)
    return longest
  }
}

const watched = async (work: () => Promise<unknown>): Promise<SnapshotAnswer> => {
  // What came before must not be collected within.
  globalThis.gc?.()
  const loop = monitorEventLoopDelay({ resolution: 1 })
  await delay(50)
  loop.enable()
  // The monitor needs two turns of the loop before it measures.
  await delay(50)
  loop.reset()
  const endTurns = watchTurns()
  const start = performance.now()
  await work()
  const tookMs = performance.now() - start
  // What follows the last fold, such as a recount, belongs to it.
  await delay(500)
  loop.disable()
  return { tookMs, stallMs: loop.max / 1e6, turnCpuMs: endTurns() }
}

const nothing: SnapshotAnswer = { tookMs: 0, stallMs: 0, turnCpuMs: 0 }

answerWith(async (request: SnapshotRequest): Promise<SnapshotAnswer> => {
  switch (request._tag) {
    case 'Begin':
      worker = run({
        sources: [source],
        sinks: [memorySink()],
        expose: servicePorts(),
        journal: dynamoDbJournal({
          table: journalTable,
          name: 'snapshots',
          client: dynamoDbTables(request.journals).client(),
        }),
      })
      return nothing
    case 'Idle':
      return watched(() => delay(request.ms))
    case 'Snapshot': {
      const event = fleet(request.generation)
      return watched(() => source.push(event))
    }
    case 'End':
      await worker?.stop()
      return nothing
  }
})
