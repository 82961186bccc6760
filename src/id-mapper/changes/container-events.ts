import { exactly, type JsonSchema, listOf, text } from '../openapi/json-schema.js'
import type { Change, TaskView } from '../index/task-index.js'
import { familyOf } from '../index/task-record.js'

/** An event in ecs_id_mapper's format, with the task added. */
export interface ContainerEvent {
  readonly container_id: string
  readonly container_name: string
  readonly task_id: string
  /** `added`: it started. `removed`: it stopped. */
  readonly event_action: 'added' | 'removed'
  /** Seconds since 1970, by the clock of ECS. */
  readonly timestamp: number
}

export const containerEventsSchema: JsonSchema = listOf(
  exactly({
    container_id: text("The runtime's id"),
    container_name: text('As in the task definition'),
    task_id: text("The last part of the task's ARN"),
    event_action: { type: 'string', enum: ['added', 'removed'] },
    timestamp: { type: 'number', description: 'Seconds since 1970' },
  }),
  'Newest first',
)

/** The ids of the running containers, by name. */
const running = (view: TaskView | undefined): ReadonlyMap<string, string> => {
  const ids = new Map<string, string>()
  if (view !== undefined && view.phase !== 'stopped')
    for (const { name, runtimeId, lastStatus } of view.task.containers)
      if (runtimeId !== undefined && lastStatus === 'RUNNING') ids.set(name, runtimeId)
  return ids
}

const eventsOf = ({ kind, record, before }: Change): readonly ContainerEvent[] => {
  const was = running(before)
  const is = running(kind === 'removed' ? undefined : record)
  const event = (
    event_action: ContainerEvent['event_action'],
    container_name: string,
    container_id: string,
  ): ContainerEvent => ({
    container_id,
    container_name,
    task_id: record.id,
    event_action,
    timestamp: record.task.at / 1000,
  })
  return [
    ...[...was].flatMap(([name, id]) => (is.get(name) === id ? [] : [event('removed', name, id)])),
    ...[...is].flatMap(([name, id]) => (was.get(name) === id ? [] : [event('added', name, id)])),
  ]
}

/**
 * A log of the containers of each family that started or stopped, in the order of observation. Changes that happen
 * between two observations are not in it.
 */
export class ContainerEvents {
  readonly #byFamily = new Map<string, ContainerEvent[]>()

  constructor(
    private readonly isKnown: (family: string) => boolean,
    /** Maximum number of events that are kept per family. */
    private readonly bound = 100,
  ) {}

  take(changes: readonly Change[]): void {
    const left = new Set<string>()
    for (const change of changes) {
      const { family } = familyOf(change.record.task)
      if (change.kind === 'removed') left.add(family)
      this.#append(family, change)
    }
    for (const family of left) if (!this.isKnown(family)) this.#byFamily.delete(family)
  }

  /** Newest first. */
  of(family: string): readonly ContainerEvent[] {
    return this.#byFamily.get(family)?.toReversed() ?? []
  }

  #append(family: string, change: Change): void {
    const fresh = eventsOf(change)
    if (fresh.length === 0) return
    const known = this.#byFamily.get(family) ?? []
    this.#byFamily.set(family, known)
    known.push(...fresh)
    if (known.length > this.bound) known.splice(0, known.length - this.bound)
  }
}
