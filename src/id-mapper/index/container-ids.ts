import type { TaskArn } from '../../core/arn.js'
import type { Container } from '../../core/task.js'
import { OrderedSet } from './ordered-set.js'
import { type ContainerOfTask, containersOf, type TaskRecord } from './task-record.js'

/** A container with the id that its runtime assigned. */
export interface IdentifiedContainer {
  readonly runtimeId: string
  readonly name: string
  readonly record: TaskRecord
}

type Place = Pick<IdentifiedContainer, 'runtimeId' | 'name'> & { readonly task: TaskArn }

/** Orders by runtime id, then by task and name: ids are not guaranteed to be unique, and on Fargate share a prefix. */
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

/** Finds the container in its task's record. */
export const identified = ({ record, runtimeId, name }: IdentifiedContainer): ContainerOfTask | undefined =>
  containersOf(record).find(({ container }) => container.runtimeId === runtimeId && container.name === name)

/** Finds containers, and thereby tasks, by runtime id or its beginning. */
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

  /** The containers whose id starts with `prefix`, in order, from the first one for which `isBefore` is false. */
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
