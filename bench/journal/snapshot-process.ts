/** A process with a worker that gets one snapshot of a large cluster after the other. */
import { setTimeout as delay } from 'node:timers/promises'
import { run, servicePorts, type Worker } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { type Watched, watched } from '../event-loop.js'
import { clusterArn } from '../synthetic.js'
import { fleet } from './fleet.js'
import { answerWith } from '../peer.js'
import { journalTable } from './servers.js'

export type SnapshotRequest =
  | { readonly _tag: 'Begin'; readonly journals: string }
  /** Does nothing for that long. */
  | { readonly _tag: 'Idle'; readonly ms: number }
  /** Takes the snapshot of that generation. */
  | { readonly _tag: 'Snapshot'; readonly generation: number; readonly tasks: number }
  | { readonly _tag: 'End' }

const source = memorySource({ covers: [clusterArn] })
let worker: Worker | undefined

const nothing: Watched = { tookMs: 0, cpuMs: 0, stallMs: 0, turnCpuMs: 0 }

answerWith(async (request: SnapshotRequest): Promise<Watched> => {
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
      const event = fleet(request.generation, request.tasks)
      return watched(() => source.push(event))
    }
    case 'End':
      await worker?.stop()
      return nothing
  }
})
