import type { DefinitionArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { Task } from '../../../core/task.js'

interface Group {
  /** The number of its tasks that run, or will. */
  tasks: number
  /** The earliest creation of a task that was seen, by ECS's clock. */
  since: Millis | undefined
  /** All tasks of a deployment have the same one. */
  definition: DefinitionArn | undefined
}

/**
 * The tasks of one service, by what started them: one id for each deployment. More than one at a time is the sign of a
 * deployment in progress.
 */
export class StartedGroups {
  private readonly groups = new Map<string, Group>()

  add(
    { startedBy, createdAt, definition }: Pick<Task, 'startedBy' | 'createdAt' | 'definition'>,
    by: 1 | -1,
  ): void {
    if (startedBy === undefined) return
    const group = this.groups.get(startedBy) ?? { tasks: 0, since: undefined, definition: undefined }
    this.groups.set(startedBy, group)
    group.tasks += by
    if (createdAt !== undefined && (group.since === undefined || createdAt < group.since))
      group.since = createdAt
    group.definition ??= definition
    if (group.tasks <= 0) this.groups.delete(startedBy)
  }

  /** The ids of the groups, sorted. */
  get ids(): readonly string[] {
    return [...this.groups.keys()].sort()
  }

  definitionOf(id: string): DefinitionArn | undefined {
    return this.groups.get(id)?.definition
  }

  get isEmpty(): boolean {
    return this.groups.size === 0
  }

  /**
   * The ids whose tasks existed before a deployment began, and the others, the youngest last. A group without any known
   * creation is in neither: it cannot be told.
   */
  split(begin: Millis): { readonly before: readonly string[]; readonly since: readonly string[] } {
    const known = this.ids.flatMap((id) => {
      const since = this.groups.get(id)?.since
      return since === undefined ? [] : [{ id, since, isBefore: since < begin }]
    })
    known.sort((a, b) => a.since - b.since)
    return {
      before: known.filter(({ isBefore }) => isBefore).map(({ id }) => id),
      since: known.filter(({ isBefore }) => !isBefore).map(({ id }) => id),
    }
  }
}
