import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeErrors } from '../../../shared/codec/decode-error.js'
import type { RedisConnection } from './connection.js'

/** The cursor of the next page, `0` if there is none, and this page's items. */
export const page = t.tuple([t.string, t.array(t.string)], 'a cursor and texts')

/** The values of keys; `null` for a key that is missing or not a text. */
export const values = t.array(t.union([t.string, t.null]), 'texts')

/** Sends a command, and validates its answer. */
export const ask = async <A>(
  connection: RedisConnection,
  answer: t.Decoder<unknown, A>,
  args: readonly string[],
  abortSignal: AbortSignal,
): Promise<A> => {
  const decoded = answer.decode(await connection.sendCommand(args, { abortSignal }))
  if (E.isRight(decoded)) return decoded.right
  const [error] = decodeErrors(decoded.left, args[0] ?? '')
  throw new Error(
    `Redis gave an unexpected answer to ${args[0] ?? ''}: ${error?.path ?? ''}: expected ${error?.expected ?? ''}, got ${error?.received ?? ''}. Give the sink a client without type mapping`,
  )
}
