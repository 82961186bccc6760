/** A process with a worker that starts from a journal, or that stores a checkpoint first. */
import { filter, firstValueFrom } from 'rxjs'
import { emptyState, reduce, run, servicePorts } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { stateEvents } from '../../src/core/state-events.js'
import { dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { clusterArn } from '../synthetic.js'
import { fleet } from './fleet.js'
import { answerWith } from '../peer.js'
import { journalTable } from './servers.js'

export interface StartRequest {
  readonly _tag: 'Store' | 'Start'
  readonly journals: string
  readonly tasks: number
}

export interface StartAnswer {
  /** Until everything is folded, and until a sink holds it. */
  readonly foldedMs: number
  readonly readyMs: number
  /** What the process has more than before. */
  readonly heapBytes: number
  readonly peakBytes: number
}

const nothing: StartAnswer = { foldedMs: 0, readyMs: 0, heapBytes: 0, peakBytes: 0 }

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

answerWith(async ({ _tag, journals, tasks: size }: StartRequest): Promise<StartAnswer> => {
  const tables = dynamoDbTables(journals)
  const journal = dynamoDbJournal({ table: journalTable, name: 'start', client: tables.client() })
  switch (_tag) {
    case 'Store': {
      const signal = new AbortController().signal
      const { position } = await journal.catchUp(undefined, signal)
      await journal.checkpoint(stateEvents(reduce(emptyState, fleet(0, size))), position, signal)
      return nothing
    }
    case 'Start': {
      const before = heap()
      const rssBefore = process.memoryUsage().rss
      const start = performance.now()
      const worker = run({
        sources: [memorySource({ covers: [clusterArn] })],
        sinks: [memorySink()],
        expose: servicePorts(),
        journal,
      })
      await firstValueFrom(worker.state$.pipe(filter(({ tasks }) => tasks.size === size)))
      const foldedMs = performance.now() - start
      await worker.ready
      const readyMs = performance.now() - start
      const peakBytes = process.resourceUsage().maxRSS * 1_024 - rssBefore
      const heapBytes = heap() - before
      await worker.stop()
      return { foldedMs, readyMs, heapBytes, peakBytes }
    }
  }
})
