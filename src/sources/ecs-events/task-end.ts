/**
 * What is read of the end of a task. It is for people, and nothing that is routed depends on it: what is implausible is
 * left out or cut, and never keeps a server from leaving its target.
 */
import { interned } from '../../core/interned.js'
import { canonicalEnds, type ContainerEnd, type TaskEnd } from '../../core/task-end.js'
import { lifecycleRank } from '../../core/task-status.js'
import { isPlainText } from '../../shared/codec/plain-text.js'
import type { WireContainer, WireTask } from './wire-task.js'

/** ECS's reasons, of tasks and of containers, have at most so many characters. Source: API reference, `Container`. */
const maxReasonLength = 1_024

/** Whether a text is words of printable ASCII with one space between them, as nearly all reasons are. */
const isLine = (text: string): boolean => /^[!-~]+(?: [!-~]+)*$/.test(text)

/**
 * A reason quotes the errors of others. It becomes one line of well-formed text, because terminals interpret control
 * characters, and logs are lines.
 */
const reasonIn = (u: unknown): string | undefined => {
  if (typeof u !== 'string') return undefined
  if (u.length <= maxReasonLength && isLine(u)) return u
  const line = u
    .slice(0, maxReasonLength)
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .replace(/\p{Cs}/gu, '\ufffd')
    .trim()
  return line === '' ? undefined : line
}

const stopCodeIn = (u: unknown): string | undefined =>
  typeof u === 'string' && u !== '' && isPlainText(u) ? interned(u) : undefined

/** Linux has 0 to 255; Windows has 32 bits, which some write with a sign. */
const exitCodeIn = (u: unknown): number | undefined =>
  typeof u === 'number' && Number.isInteger(u) && u >= -(2 ** 31) && u < 2 ** 32 ? u : undefined

const containersIn = (wires: readonly WireContainer[]): readonly ContainerEnd[] => {
  const ends: ContainerEnd[] = []
  for (const wire of wires) {
    const [exitCode, reason] = [exitCodeIn(wire.exitCode), reasonIn(wire.reason)]
    if (wire.name && (exitCode !== undefined || reason !== undefined))
      ends.push({ name: interned(wire.name), exitCode, reason })
  }
  return canonicalEnds(ends)
}

const RUNNING = lifecycleRank('RUNNING')

/** The end of a task. A container may exit while its task runs: only a task that stops has one. */
export const taskEnd = (wire: WireTask): TaskEnd | undefined => {
  if (wire.desiredStatus !== 'STOPPED' && lifecycleRank(wire.lastStatus) <= RUNNING) return undefined
  const { version } = wire
  const [stopCode, reason] = [stopCodeIn(wire.stopCode), reasonIn(wire.stoppedReason)]
  const containers = containersIn(wire.containers ?? [])
  return stopCode === undefined && reason === undefined && containers.length === 0
    ? undefined
    : { version, stopCode, reason, containers }
}
