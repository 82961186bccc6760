import type { Writable } from 'node:stream'
import pc from 'picocolors'
import { type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { heldRows, swapHeld } from '../kit/held-rows.js'
import {
  difference,
  jsonLine,
  type PrintedBackend,
  type PrintedEndpoint,
  sameEndpoint,
  textLines,
} from './print.js'

export type { PrintedBackend, PrintedEndpoint, PrintedShare } from './print.js'

export interface StdoutOptions {
  /** `text`: for people. `json`: one `PrintedChange` per line, for programs. Default: `text`. */
  readonly format?: 'text' | 'json'
  /** Default: the process's standard output. */
  readonly stream?: Writable
  /**
   * Whether text is coloured. Default: yes on a terminal unless the environment has `NO_COLOR`, and always if it has
   * `FORCE_COLOR`.
   */
  readonly color?: boolean
  /** Default: `stdout`. */
  readonly name?: string
}

const colorful = (stream: Writable): boolean => {
  const { NO_COLOR: no = '', FORCE_COLOR: force = '', TERM: term } = process.env
  if (no !== '') return false
  return force !== '' || ('isTTY' in stream && stream.isTTY === true && term !== 'dumb')
}

const order = (a: PrintedEndpoint, b: PrintedEndpoint): number =>
  a.address === b.address ? (a.protocol < b.protocol ? -1 : 1) : a.address < b.address ? -1 : 1

const printedOf = (endpoint: Endpoint): PrintedEndpoint => {
  const { protocol, task, container, share } = endpoint
  const printed = { address: formatAddress(endpoint), protocol, task, container }
  if (share === undefined || share.revision === '') return printed
  const { role, percent, weight } = share
  return { ...printed, share: { role, percent, weight } }
}

const render = (backend: Backend, held: PrintedBackend = []): PrintedBackend =>
  mergeIncomplete(backend, {
    live: backend.endpoints.map(printedOf),
    held,
    addressOf: ({ address }) => address,
    identityOf: ({ address, protocol }) => `${address}/${protocol}`,
  }).toSorted(order)

/**
 * Prints changes, backend by backend. Its target is its own memory, so a restart prints everything again.
 *
 * It never waits for its reader. While the stream is full, nothing is written; once it drains, the sink writes the
 * difference between what it printed last and the newest state. A slow reader thus misses intermediate steps but never
 * the final state, and at most one difference is buffered. Not `required`: no source waits for its acknowledgement.
 */
export const stdout = ({
  format = 'text',
  stream = process.stdout,
  color = colorful(stream),
  name = 'stdout',
}: StdoutOptions = {}): Sink<PrintedBackend> => {
  const colors = pc.createColors(color)
  const held = heldRows<PrintedBackend>()
  const printed = new Map<string, PrintedBackend>()
  /** Backends that may differ from what was printed. */
  const dirty = new Set<string>()
  let draining = false
  let broken: Error | undefined

  // Without a listener, a closed pipe would end the process, and with it the other sinks.
  stream.on('error', (error) => {
    broken = error
  })

  const print = (): void => {
    if (draining || dirty.size === 0) return
    let text = ''
    for (const backend of [...dirty].sort()) {
      const after = held.rows.get(backend)?.value
      const change = difference(backend, printed.get(backend), after)
      if (change !== undefined) text += format === 'json' ? jsonLine(change) : textLines(change, colors)
      if (after === undefined) printed.delete(backend)
      else printed.set(backend, after)
    }
    dirty.clear()
    if (text === '' || stream.write(text)) return
    draining = true
    stream.once('drain', () => {
      draining = false
      print()
    })
  }

  const take = (change: Change<PrintedBackend>, owner: Owner): Outcome<PrintedBackend> => {
    const outcome = swapHeld(held, change, owner)
    if (outcome._tag === 'Done') dirty.add(outcome.key)
    return outcome
  }

  return {
    name,
    required: false,
    local: true,
    adopt: true,
    equals: (a, b) =>
      a === b ||
      (a.length === b.length &&
        a.every((endpoint, i) => {
          const other = b[i]
          return other !== undefined && sameEndpoint(endpoint, other)
        })),
    ...renderEach(render),
    prune: () => undefined,
    emptied: () => [],
    hostsOf: (endpoints) => hostsIn(endpoints.map(({ address }) => address)),
    endpointsOf: (endpoints) => endpoints.map(({ address }) => address),
    read: () => Promise.resolve([...held.rows.values()]),
    apply: (changes, owner) => {
      const closed = broken ?? (stream.writable ? undefined : new Error('it was ended'))
      if (closed !== undefined) {
        const reason = `the stream of ${name} accepts no more output (${closed.message}): nothing is printed until the next start`
        return Promise.resolve(changes.map(({ key }) => ({ _tag: 'Rejected', key, reason })))
      }
      const outcomes = changes.map((change) => take(change, owner))
      print()
      return Promise.resolve(outcomes)
    },
  }
}
