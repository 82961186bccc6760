/** Checks whether Redis notifies Traefik of changes. */
import * as t from 'io-ts'
import { ask } from './ask.js'
import type { RedisConnection } from './connection.js'

const SETTING = 'notify-keyspace-events'

/** In RESP2 a list of names and values, in RESP3 a map. */
const settings = t.union([t.array(t.string), t.record(t.string, t.string)], 'settings')

const valueIn = (answer: t.TypeOf<typeof settings>): string | undefined => {
  if (!Array.isArray(answer)) return Object.entries(answer).find(([name]) => name === SETTING)?.[1]
  const at = answer.indexOf(SETTING)
  return at < 0 ? undefined : answer[at + 1]
}

/**
 * The missing flags. Traefik listens to the channels of `K`; `g` reports deletions and `$` reports texts that are set;
 * `A` includes these two. Source: Redis documentation, "Redis keyspace notifications".
 */
export const missingEvents = (value: string): readonly string[] =>
  ['K', 'g', '$'].filter((flag) => !value.includes(flag) && (flag === 'K' || !value.includes('A')))

const everywhere =
  'in the configuration of every Redis server, replicas too (redis.conf, or the parameter group)'

const silent = (value: string, missing: readonly string[]): string =>
  `Traefik is not notified of changes: ${SETTING} of this Redis is "${value}", without ${missing.join(' and ')}. ` +
  `Set it to KEA ${everywhere}. Traefik sets it only once, at its start, and a restart of Redis loses that`

const unchecked = (reason: string): string =>
  `Redis refuses CONFIG GET ${SETTING} (${reason.slice(0, 200)}), so the sink cannot check whether Traefik is notified of changes. ` +
  `Allow it with +config|get, or make sure that it is KEA ${everywhere}`

/** An answer of the server, such as `NOPERM …` or `ERR unknown command`, as opposed to a connection failure. */
const isRefusal = (message: string): boolean => /^[A-Z]+ /.test(message)

/**
 * Warnings for people about what keeps Traefik from being notified; empty if all is well, `undefined` if the question
 * was not answered. Never rejects: the sink works anyway.
 */
export const keyspaceWarnings = async (
  connection: RedisConnection,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> => {
  try {
    const value = valueIn(await ask(connection, settings, ['CONFIG', 'GET', SETTING], signal))
    if (value === undefined) return undefined
    const missing = missingEvents(value)
    return missing.length === 0 ? [] : [silent(value, missing)]
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return isRefusal(message) ? [unchecked(message)] : undefined
  }
}
