/** Where a sink keeps what it has delivered: the memory of the process, or a file. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Sink } from '../../core/sink.js'
import { decodeErrors, explain } from '../../shared/codec/decode-error.js'
import { canonicalText } from '../../shared/codec/json.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from '../document/document.js'
import { fileDocument } from '../document/file-document.js'
import type { DeliveredState } from './backend-state.js'
import type { StateSequence } from './state-sequence.js'

export type DeliveryCursor = Pick<Sink<DeliveredState>, 'read' | 'apply'>

const EndpointCodec = t.readonly(
  t.intersection([
    t.strict({
      address: t.string,
      protocol: t.union([t.literal('tcp'), t.literal('udp')]),
      task: t.string,
      container: t.string,
    }),
    t.exact(
      t.partial({ zone: t.string, weight: t.number, labels: t.readonly(t.record(t.string, t.string)) }),
    ),
  ]),
)

const StateCodec = t.intersection([
  t.strict({ complete: t.boolean, endpoints: t.readonlyArray(EndpointCodec) }),
  t.exact(t.partial({ unsure: t.literal(true) })),
])

const CursorCodec = t.strict({
  owner: t.string,
  sequence: t.number,
  backends: t.record(t.string, StateCodec),
})

/** Anything else would make a sequence that is none. */
const isSequence = (sequence: number): boolean => Number.isSafeInteger(sequence) && sequence >= 0

/**
 * JSON, one line per backend. It also has the greatest sequence so far, so that the next run goes on from there even if
 * its clock is behind.
 */
const cursorFormat = (sequence: StateSequence): DocumentFormat<DeliveredState> => ({
  etagOf: canonicalText,
  print: ({ owner = '', records }) => {
    const lines = [...records.keys()].sort().flatMap((backend) => {
      const state = records.get(backend)
      return state === undefined ? [] : `${JSON.stringify(backend)}:${canonicalText(state)}`
    })
    const head = `"owner":${JSON.stringify(owner)},\n"sequence":${sequence.last}`
    return `{${head},\n"backends":{\n${lines.join(',\n')}\n}}\n`
  },
  parse: (text) => {
    const decoded = CursorCodec.decode(JSON.parse(text))
    if (E.isLeft(decoded)) throw new Error(explain(decodeErrors(decoded.left, '$').slice(0, 3)))
    const { owner, backends, sequence: last } = decoded.right
    if (!isSequence(last)) throw new Error(`$.sequence: expected a whole number, got ${last}`)
    sequence.atLeast(last)
    return { owner, records: new Map(Object.entries(backends)) }
  },
})

/** In the file, or without a path in memory: then each start finds that nothing has been delivered. */
export const deliveryCursor = (path: string | undefined, sequence: StateSequence): DeliveryCursor => {
  const format = cursorFormat(sequence)
  if (path !== undefined) return fileDocument({ path, format })
  let held: Contents<DeliveredState> = noContents
  return {
    read: () => Promise.resolve(rowsOf(held, format)),
    apply: (changes, owner) => {
      const { contents, outcomes } = amended(held, changes, owner, format)
      held = contents
      return Promise.resolve(outcomes)
    },
  }
}
