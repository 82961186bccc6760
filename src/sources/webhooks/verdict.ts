import type { ClusterEvent } from '../../core/event.js'
import type { Notice } from '../../core/source.js'
import { type Decoded, explain } from '../ecs-events/ecs-event.js'
import type { HttpAnswer } from '../../shared/http/http-answer.js'

/** A response without a delivery, with an optional notice. */
export interface Answered {
  readonly _tag: 'Answer'
  readonly answer: HttpAnswer
  readonly notice?: Notice
}

/** The decision about a request. */
export type Verdict =
  | {
      readonly _tag: 'Deliver'
      readonly event: ClusterEvent
      /** The authenticated text that contains the event. Equal texts are the same message. */
      readonly text: string
      readonly notice?: Notice
    }
  | Answered

/** A response without a notice. */
export const answered = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answered => ({ _tag: 'Answer', answer: { status, text, headers } })

/** A response with a warning. The text must not contain input, which must not get into the log. */
export const refused = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answered => ({
  _tag: 'Answer',
  answer: { status, text, headers },
  notice: { _tag: 'Warning', message: `answered ${status}: ${text}` },
})

/** 400, because a retry would not help. The reason quotes only short and plain values: see `DecodeError`. */
export const undecodable = (id: string, reason: string): Answered => ({
  ...answered(400, reason),
  notice: { _tag: 'Undecodable', id: id.slice(0, 100), reason, receives: undefined },
})

/** The verdict for a message from an authorised sender. */
export const decodedVerdict = (id: string, text: string, decode: (text: string) => Decoded): Verdict => {
  let decoded: Decoded
  try {
    decoded = decode(text)
  } catch (error) {
    return undecodable(id, `not an ECS event: ${String(error)}`)
  }
  switch (decoded._tag) {
    case 'Event':
      return { _tag: 'Deliver', event: decoded.event, text }
    case 'Ignored':
      return {
        ...answered(200, 'an event of an unsupported kind'),
        notice: { _tag: 'Ignored', kind: decoded.kind, count: 1 },
      }
    case 'Undecodable':
      return undecodable(id, `not an ECS event: ${explain(decoded.errors)}`)
  }
}
