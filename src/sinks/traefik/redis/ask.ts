import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeErrors } from '../../../shared/codec/decode-error.js'
import type { RedisConnection } from './connection.js'

/** The cursor of the next page, `0` for none, and the items of this one. */
export const page = t.tuple([t.string, t.array(t.string)], 'a cursor and texts')

/** The values of keys; `null` for what is none, or no text. */
export const values = t.array(t.union([t.string, t.null]), 'texts')

/** Sends a command, and takes its answer for what it should be. */
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
    `Redis answered ${args[0] ?? ''} with what it should not: ${error?.path ?? ''}: expected ${error?.expected ?? ''}, got ${error?.received ?? ''}. Give the sink a client that maps no types`,
  )
}
