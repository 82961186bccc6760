import type { Millis } from '../../src/core/clock.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { TargetRecord } from '../targets/target-record.js'
import type { Happening } from '../world/ecs-world.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import { Violation } from './violation.js'

/** What ECS has said of a service at once: the percentages of its revisions, by what starts their tasks. */
type Said = ReadonlyMap<string, number>

/** How many of the last states of a service a worker may still go by. */
const kept = 64

/** Weights are integers, in a zone 255 at most. */
const rounding = 0.02

/**
 * A worker that does not know all yet leaves servers that nothing explains as they are, with the weight that they had:
 * their revision has so much more or less than its share until the next answer.
 */
const unexplained = 0.15

/** Who writes, and whether it knew less than all when it planned. */
export type WritingProcess = Pick<SimulatedProcess, 'name' | 'knewLess'>

/** After so long nobody takes the task at an address for the one before it. */
const settledMs: Millis = 1_800_000

/** The percentages of the revisions that have servers, when the others' go to them. */
const fractionsOf = (said: Said, revisions: readonly string[]): readonly number[] => {
  const percents = revisions.map((revision) => said.get(revision) ?? 0)
  const sum = percents.reduce((total, percent) => total + percent, 0)
  return percents.map((percent) => (sum === 0 ? 0 : percent / sum))
}

/**
 * Compares the weights of a service that deploys in stages with what ECS has said: the shares of its revisions were so
 * at one moment.
 */
export class ShareCheck {
  /** By service, the oldest first. */
  readonly #said = new Map<string, Said[]>()
  /** By service and address: the revision of the last task there. */
  readonly #startedBy = new Map<string, { readonly by: string; readonly since: Millis }>()

  constructor(
    private readonly now: () => Millis,
    /** Whether workers ask ECS about deployments. */
    private readonly isFollowed: boolean,
  ) {}

  /** Something may have changed in the cluster. */
  moved(cluster: SimulatedCluster): void {
    if (!this.isFollowed) return
    for (const { name, current, spec } of cluster.services()) {
      if ((spec.strategy ?? 'ROLLING') === 'ROLLING') continue
      const said = new Map(
        current.weights.map(({ revision, production }) => [revision.startedBy, production]),
      )
      const before = this.#said.get(name) ?? []
      if (JSON.stringify([...said]) !== JSON.stringify([...(before.at(-1) ?? [])]))
        this.#said.set(name, [...before, said].slice(-kept))
    }
  }

  happened({ task }: Happening): void {
    if (task?.address === undefined) return
    const key = `${task.service} ${task.address}`
    const { by, since } = this.#startedBy.get(key) ?? { by: task.startedBy, since: 0 }
    if (by !== task.startedBy) this.#startedBy.set(key, { by: task.startedBy, since: this.now() })
    else this.#startedBy.set(key, { by, since })
  }

  /** Whether ECS has said of the revision at some time that it gets nothing. */
  wasHeld(service: string, startedBy: string): boolean {
    return this.#said.get(service)?.some((said) => (said.get(startedBy) ?? 0) === 0) === true
  }

  /** Whether ECS says that the revision gets some of the requests. */
  isServed(service: string, startedBy: string): boolean {
    const said = this.#said.get(service)?.at(-1)
    return said === undefined || (said.get(startedBy) ?? 0) > 0
  }

  /** A worker has written. */
  wrote({ name, knewLess }: WritingProcess, record: TargetRecord | undefined): void {
    if (record === undefined) return
    const said = this.#said.get(record.backend)
    if (said !== undefined) this.#compare(record, said, `${name} wrote`, knewLess ? unexplained : rounding)
  }

  /** Nothing goes wrong for long enough: the shares are those of now. */
  checkExact(record: TargetRecord): void {
    const said = this.#said.get(record.backend)?.slice(-1)
    if (said !== undefined) this.#compare(record, said, 'in the end', rounding)
  }

  #compare({ backend, servers }: TargetRecord, said: readonly Said[], what: string, error: number): void {
    const weights = this.#weightsOf(backend, servers)
    const total = [...(weights?.values() ?? [])].reduce((sum, weight) => sum + weight, 0)
    if (weights === undefined || total === 0) return
    const revisions = [...weights.keys()]
    const isSo = (one: Said): boolean =>
      fractionsOf(one, revisions).every(
        (fraction, i) => Math.abs(fraction - (weights.get(revisions[i] ?? '') ?? 0) / total) <= error,
      )
    if (said.some(isSo)) return
    const text = (one: Said | undefined): string =>
      [...(one ?? [])].map(([revision, percent]) => `${revision.slice(-4)} ${percent} %`).join(', ')
    throw new Violation(
      'shares are what ECS has said',
      `${what} ${backend} with ${[...weights].map(([revision, weight]) => `${revision.slice(-4)} ${weight}/${total}`).join(', ')}, and ECS has never said so; last it said ${text(said.at(-1))}`,
    )
  }

  /** The weights of the revisions; `undefined` if a server is none that is known, or its address had another task. */
  #weightsOf(backend: string, servers: ReadonlyMap<string, number>): ReadonlyMap<string, number> | undefined {
    const weights = new Map<string, number>()
    for (const [address, weight] of servers) {
      const task = this.#startedBy.get(`${backend} ${address}`)
      if (task === undefined || this.now() - task.since < settledMs) return undefined
      weights.set(task.by, (weights.get(task.by) ?? 0) + weight)
    }
    return weights
  }
}
