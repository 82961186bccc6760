/**
 * Tasks as JSON for checkpoints, which have all of them: each task is an array, and texts that many tasks share are
 * stored once. Compared with `eventCodec`, it takes a quarter of the bytes, and a fraction of the time to read. It
 * accepts what `eventCodec` accepts.
 */
import type { Millis } from '../core/clock.js'
import {
  compareBindings,
  type Container,
  type Health,
  type Interface,
  type Task,
  type TaskHealth,
} from '../core/task.js'
import { compareEnds, type ContainerEnd, type TaskEnd } from '../core/task-end.js'
import type { Binding } from '../core/binding.js'
import { extended } from '../core/extended.js'
import { interned } from '../core/interned.js'
import { sharedHealth } from '../core/shared-health.js'
import { count } from '../shared/codec/lenient.js'
import { isPlainText } from '../shared/codec/plain-text.js'
import { taskVersion } from '../sources/ecs-events/task-version.js'
import { exitCode, maxTextLength, millis } from './event-codec.js'

/** The texts that tasks share, and the tasks, which refer to them by their index. */
export interface CompactTasks {
  readonly texts: readonly string[]
  readonly tasks: readonly (readonly unknown[])[]
}

/** Gives each text an index, in the order of their first use. */
class TextTable {
  private readonly indices = new Map<string, number>()

  /** `null` for `undefined`. */
  index(text: string | undefined): number | null {
    if (text === undefined) return null
    const known = this.indices.get(text)
    if (known !== undefined) return known
    this.indices.set(text, this.indices.size)
    return this.indices.size - 1
  }

  get texts(): readonly string[] {
    return [...this.indices.keys()]
  }
}

const bindingRow = ({ containerPort, hostPort, protocol, count }: Binding): readonly unknown[] =>
  protocol === 'tcp' && count === 1
    ? [containerPort, hostPort]
    : [containerPort, hostPort, protocol === 'tcp' ? 0 : 1, count]

/** Encodes tasks. Drops unknown fields. */
export const encodeTasks = (tasks: readonly Task[]): CompactTasks => {
  const table = new TextTable()
  const containerRow = (one: Container): readonly unknown[] => [
    table.index(one.name),
    one.arn ?? null,
    one.version,
    table.index(one.lastStatus),
    one.runtimeId ?? null,
    one.bindingsVersion,
    one.bindings.map(bindingRow),
  ]
  const endRow = ({ version, stopCode, reason, containers }: TaskEnd): readonly unknown[] => [
    version,
    table.index(stopCode),
    reason ?? null,
    containers.map((one) => [table.index(one.name), one.exitCode ?? null, one.reason ?? null]),
  ]
  const rows = tasks.map((task) => [
    task.arn,
    table.index(task.cluster),
    table.index(task.group),
    table.index(task.definition),
    table.index(task.instance),
    table.index(task.launchType),
    table.index(task.capacityProvider),
    table.index(task.zone),
    table.index(task.startedBy),
    task.createdAt ?? null,
    task.version,
    task.at,
    table.index(task.lastStatus),
    table.index(task.desiredStatus),
    task.interface === undefined
      ? null
      : [task.interface.version, task.interface.ipv4 ?? null, task.interface.ipv6 ?? null],
    task.containers.map(containerRow),
    task.health === undefined
      ? null
      : [task.health.at, table.index(task.health.status), ...(task.health.wasHealthy === true ? [1] : [])],
    ...(task.end === undefined ? [] : [endRow(task.end)]),
  ])
  return { texts: table.texts, tasks: rows }
}

const isList = (u: unknown): u is readonly unknown[] => Array.isArray(u)

const isHealth = (text: string): text is Health =>
  text === 'HEALTHY' || text === 'UNKNOWN' || text === 'UNHEALTHY'

/** Reads rows, and remembers whether any value was not as expected. */
class RowReader {
  isValid = true

  constructor(private readonly texts: readonly string[]) {}

  task(row: unknown): Task {
    const [
      arn,
      cluster,
      group,
      definition,
      instance,
      launchType,
      capacityProvider,
      zone,
      startedBy,
      createdAt,
      version,
      at,
      lastStatus,
      desiredStatus,
      networkInterface,
      containers,
      health,
      end,
    ] = this.list(row)
    const task: Task = {
      arn: this.name(arn),
      cluster: this.sharedName(cluster),
      group: this.maybeShared(group),
      definition: this.maybeShared(definition),
      instance: this.maybeShared(instance),
      launchType: this.maybeShared(launchType),
      capacityProvider: this.maybeShared(capacityProvider),
      zone: this.maybeShared(zone),
      startedBy: this.maybeShared(startedBy),
      createdAt: createdAt === null ? undefined : this.time(createdAt),
      version: this.version(version),
      at: this.time(at),
      lastStatus: this.sharedName(lastStatus),
      desiredStatus: this.sharedName(desiredStatus),
      interface: networkInterface === null ? undefined : this.interface(networkInterface),
      containers: this.containers(containers),
      health: health === null ? undefined : this.health(health),
    }
    return end === undefined ? task : extended(task, { end: this.end(end) })
  }

  private end(row: unknown): TaskEnd {
    const [version, stopCode, reason, containers] = this.list(row)
    let before: ContainerEnd | undefined
    return {
      version: this.version(version),
      stopCode: this.maybeShared(stopCode),
      reason: this.maybeText(reason),
      containers: this.list(containers).map((each) => {
        const [name, code, why] = this.list(each)
        const one: ContainerEnd = {
          name: this.sharedName(name),
          exitCode: code === null ? undefined : this.exitCode(code),
          reason: this.maybeText(why),
        }
        if (before !== undefined && compareEnds(before, one) >= 0) this.isValid = false
        before = one
        return one
      }),
    }
  }

  private interface(row: unknown): Interface {
    const [version, ipv4, ipv6] = this.list(row)
    return { version: this.version(version), ipv4: this.maybeText(ipv4), ipv6: this.maybeText(ipv6) }
  }

  private containers(rows: unknown): readonly Container[] {
    let before: string | undefined
    return this.list(rows).map((row) => {
      const one = this.container(row)
      if (before !== undefined && before >= one.name) this.isValid = false
      before = one.name
      return one
    })
  }

  private container(row: unknown): Container {
    const [name, arn, version, lastStatus, runtimeId, bindingsVersion, bindings] = this.list(row)
    return {
      name: this.sharedName(name),
      arn: this.maybeText(arn),
      version: this.version(version),
      lastStatus: this.sharedName(lastStatus),
      runtimeId: this.maybeText(runtimeId),
      bindingsVersion: bindingsVersion === -1 ? -1 : this.version(bindingsVersion),
      bindings: this.bindings(bindings),
    }
  }

  private bindings(rows: unknown): readonly Binding[] {
    let before: Binding | undefined
    return this.list(rows).map((row) => {
      const [containerPort, hostPort, protocol = 0, many = 1] = this.list(row)
      if (protocol !== 0 && protocol !== 1) this.isValid = false
      const one: Binding = {
        containerPort: this.count(containerPort),
        hostPort: this.count(hostPort),
        protocol: protocol === 0 ? 'tcp' : 'udp',
        count: this.count(many),
      }
      if (before !== undefined && compareBindings(before, one) >= 0) this.isValid = false
      before = one
      return one
    })
  }

  private health(row: unknown): TaskHealth {
    const [at, status, wasHealthy] = this.list(row)
    const text = this.sharedName(status)
    if (!isHealth(text) || (wasHealthy !== undefined && wasHealthy !== 1)) this.isValid = false
    const known = sharedHealth(this.time(at), isHealth(text) ? text : 'UNKNOWN')
    return wasHealthy === 1 ? { at: known.at, status: known.status, wasHealthy: true } : known
  }

  private list(u: unknown): readonly unknown[] {
    if (isList(u)) return u
    this.isValid = false
    return []
  }

  private maybeText(u: unknown): string | undefined {
    if (u === null) return undefined
    if (typeof u === 'string' && isPlainText(u, maxTextLength)) return u
    this.isValid = false
    return undefined
  }

  private name(u: unknown): string {
    const text = this.maybeText(u)
    if (text === undefined || text === '') this.isValid = false
    return text ?? ''
  }

  private maybeShared(u: unknown): string | undefined {
    if (u === null) return undefined
    const text = typeof u === 'number' ? this.texts[u] : undefined
    if (text === undefined) this.isValid = false
    return text
  }

  private sharedName(u: unknown): string {
    const text = this.maybeShared(u)
    if (text === undefined || text === '') this.isValid = false
    return text ?? ''
  }

  private version(u: unknown): number {
    if (taskVersion.is(u)) return u
    this.isValid = false
    return 1
  }

  private time(u: unknown): Millis {
    if (millis.is(u)) return u
    this.isValid = false
    return 0
  }

  private exitCode(u: unknown): number {
    if (exitCode.is(u)) return u
    this.isValid = false
    return 0
  }

  private count(u: unknown): number {
    if (count.is(u)) return u
    this.isValid = false
    return 0
  }
}

/** Decodes tasks. `undefined` if any of them is not as `encodeTasks` writes valid tasks. */
export const decodeTasks = ({
  texts,
  tasks,
}: {
  readonly texts: unknown
  readonly tasks: unknown
}): readonly Task[] | undefined => {
  if (!isList(texts) || !isList(tasks)) return undefined
  const shared: string[] = []
  for (const text of texts) {
    if (typeof text !== 'string' || !isPlainText(text, maxTextLength)) return undefined
    shared.push(interned(text))
  }
  const rows = new RowReader(shared)
  const decoded = tasks.map((row) => rows.task(row))
  return rows.isValid ? decoded : undefined
}
