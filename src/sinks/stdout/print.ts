/** How a difference between backends is printed. Pure. */
import type { createColors } from 'picocolors'
import { printable } from '../../shared/codec/printable.js'

export type Colors = ReturnType<typeof createColors>

export interface PrintedEndpoint {
  readonly address: string
  readonly protocol: 'tcp' | 'udp'
  /** ARN. */
  readonly task: string
  readonly container: string
  /** During a deployment that shares the backend's requests: the part of its revision, and its own weight. */
  readonly share?: PrintedShare
}

export interface PrintedShare {
  readonly role: 'source' | 'target' | 'unknown'
  readonly percent: number
  readonly weight: number
}

/** The endpoints of one backend, ordered by address and protocol. Each pair of these occurs once. */
export type PrintedBackend = readonly PrintedEndpoint[]

/** The change of one backend: a line of `format: 'json'`. */
export interface PrintedChange {
  readonly backend: string
  readonly change: 'created' | 'updated' | 'deleted'
  readonly added: PrintedBackend
  readonly removed: PrintedBackend
  /** The number of endpoints after the change. */
  readonly endpoints: number
}

const sameShare = (a: PrintedShare | undefined, b: PrintedShare | undefined): boolean =>
  a?.role === b?.role && a?.percent === b?.percent && a?.weight === b?.weight

export const sameEndpoint = (a: PrintedEndpoint, b: PrintedEndpoint): boolean =>
  a.address === b.address &&
  a.protocol === b.protocol &&
  a.task === b.task &&
  a.container === b.container &&
  sameShare(a.share, b.share)

const identity = ({ address, protocol, task, container, share }: PrintedEndpoint): string =>
  JSON.stringify([address, protocol, task, container, share?.role, share?.percent, share?.weight])

/** The endpoints in `a` that are not in `b`. */
const without = (a: PrintedBackend, b: PrintedBackend): PrintedBackend => {
  const others = new Set(b.map(identity))
  return a.filter((endpoint) => !others.has(identity(endpoint)))
}

/** `undefined` stands for a backend that does not exist. Returns `undefined` if there is nothing to print. */
export const difference = (
  backend: string,
  before: PrintedBackend | undefined,
  after: PrintedBackend | undefined,
): PrintedChange | undefined => {
  const added = without(after ?? [], before ?? [])
  const removed = without(before ?? [], after ?? [])
  const change = before === undefined ? 'created' : after === undefined ? 'deleted' : 'updated'
  return (before === undefined) === (after === undefined) && added.length + removed.length === 0
    ? undefined
    : { backend, change, added, removed, endpoints: after?.length ?? 0 }
}

const shareText = ({ role, percent, weight }: PrintedShare): string =>
  `  ${role} revision: ${percent} % of the requests, weight ${weight}`

const endpointText = ({ address, protocol, task, container, share }: PrintedEndpoint): string =>
  printable(
    `${address}${protocol === 'udp' ? '/udp' : ''}  ${container} of task ${task.slice(task.lastIndexOf('/') + 1)}` +
      (share === undefined ? '' : shareText(share)),
  )

export const jsonLine = (change: PrintedChange): string => `${printable(JSON.stringify(change))}\n`

export const textLines = (
  { backend, change, added, removed, endpoints }: PrintedChange,
  colors: Colors,
): string => {
  const name = colors.bold(printable(backend))
  const count = colors.dim(endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`)
  const title = {
    created: `${colors.green('+')} ${name}  ${count}`,
    updated: `${colors.yellow('~')} ${name}  ${count}`,
    deleted: `${colors.red('-')} ${name}  ${colors.dim('no longer exists')}`,
  }[change]
  return [
    title,
    ...removed.map((endpoint) => `    ${colors.red(`- ${endpointText(endpoint)}`)}`),
    ...added.map((endpoint) => `    ${colors.green(`+ ${endpointText(endpoint)}`)}`),
    '',
  ].join('\n')
}
