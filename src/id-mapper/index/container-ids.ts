import type { TaskArn } from '../../core/arn.js'
import type { Container } from '../../core/task.js'
import { OrderedSet } from './ordered-set.js'
import { type ContainerOfTask, containersOf, type TaskRecord } from './task-record.js'

/** A container by the id that its runtime gave it. */
export interface IdentifiedContainer {
  readonly runtimeId: string
  readonly name: string
  readonly record: TaskRecord
}

type Place = Pick<IdentifiedContainer, 'runtimeId' | 'name'> & { readonly task: TaskArn }

/** By runtime id; on Fargate the containers of a task share its beginning, and nothing says that ids are unique. */
export const compareContainerPlaces = (a: Place, b: Place): number =>
  a.runtimeId !== b.runtimeId
    ? a.runtimeId < b.runtimeId
      ? -1
      : 1
    : a.task !== b.task
      ? a.task < b.task
        ? -1
        : 1
      : a.name === b.name
        ? 0
        : a.name < b.name
          ? -1
          : 1

const placeOf = ({ runtimeId, name, record }: IdentifiedContainer): Place => ({
  runtimeId,
  name,
  task: record.arn,
})

/** The container itself. */
export const identified = ({ record, runtimeId, name }: IdentifiedContainer): ContainerOfTask | undefined =>
  containersOf(record).find(({ container }) => container.runtimeId === runtimeId && container.name === name)

/** Which task a container is of: the question that containers' ids and their beginnings are looked up for. */
export class ContainerIds {
  readonly #byId = new OrderedSet<IdentifiedContainer>((a, b) =>
    a.runtimeId === b.runtimeId
      ? compareContainerPlaces(placeOf(a), placeOf(b))
      : a.runtimeId < b.runtimeId
        ? -1
        : 1,
  )

  get size(): number {
    return this.#byId.size
  }

  add(record: TaskRecord, { runtimeId, name }: Container): void {
    if (runtimeId !== undefined) this.#byId.add({ runtimeId, name, record })
  }

  delete(record: TaskRecord, { runtimeId, name }: Container): void {
    if (runtimeId !== undefined) this.#byId.delete({ runtimeId, name, record })
  }

  /** Those whose id begins so, in their order, from the first that is not before. */
  *beginning(
    prefix: string,
    isBefore: (container: IdentifiedContainer) => boolean = () => false,
  ): Generator<IdentifiedContainer> {
    for (const container of this.#byId.from((each) => each.runtimeId < prefix || isBefore(each))) {
      if (!container.runtimeId.startsWith(prefix)) return
      yield container
    }
  }
}
