/** A process with one worker at a time, which gets snapshots of a large cluster. */
import { setTimeout as delay } from 'node:timers/promises'
import { run, servicePorts, type Task, type Worker } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource, type MemorySource } from 'ecs-task-stream/sources/memory'
import { type Watched, watched } from './event-loop.js'
import { answerWith } from './peer.js'
import { taskBodies } from './task-bodies.js'

export type StallRequest =
  /** Starts another worker, which knows nothing. */
  | { readonly _tag: 'Begin'; readonly tasks: number }
  /** Does nothing for that long. */
  | { readonly _tag: 'Idle'; readonly ms: number }
  /** Takes another snapshot: of the same tasks, or of newer versions of all. */
  | { readonly _tag: 'Snapshot'; readonly newer: boolean }

const TASKS_A_SERVICE = 50
const MINUTE = 60_000
const bodies = taskBodies('fargate')

let tasks = 0
let source: MemorySource = memorySource()
let worker: Worker | undefined
let version = 5
let order = 0

const begin = async (size: number): Promise<void> => {
  await worker?.stop()
  tasks = size
  version = 5
  order = 0
  source = memorySource({ covers: [bodies.cluster] })
  worker = run({ sources: [source], sinks: [memorySink()], expose: servicePorts() })
  await source.push(...bodies.lookups(Math.ceil(size / TASKS_A_SERVICE), size))
}

/** Decoded anew, with every string of its own. */
const listed = (): readonly Task[] =>
  Array.from({ length: tasks }, (_, index) =>
    bodies.described(
      {
        index,
        service: Math.floor(index / TASKS_A_SERVICE),
        version,
        at: Date.UTC(2026, 0, 2) + version * MINUTE,
      },
      order,
    ),
  )

const nothing: Watched = { tookMs: 0, cpuMs: 0, stallMs: 0, turnCpuMs: 0 }

answerWith(async (request: StallRequest): Promise<Watched> => {
  switch (request._tag) {
    case 'Begin':
      await begin(request.tasks)
      return nothing
    case 'Idle':
      return watched(() => delay(request.ms))
    case 'Snapshot': {
      order++
      if (request.newer) version++
      const event = {
        _tag: 'TasksListed' as const,
        cluster: bodies.cluster,
        at: Date.UTC(2026, 0, 3) + order * MINUTE,
        order,
        tasks: listed(),
      }
      // Until the sink holds it.
      return watched(async () => {
        if ((await source.push(event)) !== 'acked') throw new Error('the snapshot was not acknowledged')
      })
    }
  }
})
