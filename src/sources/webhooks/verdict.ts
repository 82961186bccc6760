import type { ClusterEvent } from '../../core/event.js'
import type { Notice } from '../../core/source.js'
import { type Decoded, explain } from '../ecs-events/ecs-event.js'
import type { HttpAnswer } from '../../shared/http/http-answer.js'

/** Nothing to deliver: what the sender is told, and what people should know of it. */
export interface Answered {
  readonly _tag: 'Answer'
  readonly answer: HttpAnswer
  readonly notice?: Notice
}

/** What a request comes to. */
export type Verdict =
  | {
      readonly _tag: 'Deliver'
      readonly event: ClusterEvent
      /** What says it, of the part that the sender has proved to be its own: equal texts are one message. */
      readonly text: string
      readonly notice?: Notice
    }
  | Answered

/** An answer without which there is nothing to know. */
export const answered = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answered => ({ _tag: 'Answer', answer: { status, text, headers } })

/** An answer of which people should know. The text is ours alone: what a stranger sends must not get into a log. */
export const refused = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Answered => ({
  _tag: 'Answer',
  answer: { status, text, headers },
  notice: { _tag: 'Warning', message: `answered ${status}: ${text}` },
})

/**
 * Sending again what is no event would not help: hence 400. The reason quotes only what is short and plain: see
 * `DecodeError`.
 */
export const undecodable = (id: string, reason: string): Answered => ({
  ...answered(400, reason),
  notice: { _tag: 'Undecodable', id: id.slice(0, 100), reason, receives: undefined },
})

/** What any webhook makes of a message of a sender that may send. */
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
        ...answered(200, 'an event of a kind that is not followed'),
        notice: { _tag: 'Ignored', kind: decoded.kind, count: 1 },
      }
    case 'Undecodable':
      return undecodable(id, `not an ECS event: ${explain(decoded.errors)}`)
  }
}
