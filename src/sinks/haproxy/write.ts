import { isIP } from 'node:net'
import { conflictOf } from '../../core/conflict.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'
import { hasLoneSurrogate } from '../../shared/codec/lone-surrogate.js'
import type { ConditionalWrite } from '../kit/compare-and-swap.js'
import { missingBackend, type Verdict, verdictOf } from './answers.js'
import { type HeldServer, heldServers, rowOf } from './held-servers.js'
import type { Removals } from './removals.js'
import { type HaproxyServers, haproxyRendering } from './rendering.js'
import type { RuntimeApi } from './runtime-api.js'
import type { ServerOptions } from './server-options.js'
import { parseServersState } from './servers-state.js'
import { type Step, stepsOf } from './steps.js'

export interface WriteOptions {
  readonly api: RuntimeApi
  readonly removals: Removals
  readonly prefix: string
  readonly options: ServerOptions
}

const { equals } = haproxyRendering()

/** Why no command can express a change; it becomes a part of commands. */
const faultOf = (key: string, owner: Owner, after: HaproxyServers | undefined): string | undefined => {
  if (!/^[A-Za-z0-9_.:-]+$/.test(key))
    return `no backend of HAProxy can be called ${JSON.stringify(key)}. Give it a name of letters, digits and -_.:`
  if (owner === '' || hasLoneSurrogate(owner)) return 'the owner is empty or no valid Unicode. Correct it'
  const host = after?.servers.find((server) => isIP(server.host) === 0)?.host
  return host === undefined ? undefined : `${JSON.stringify(host)} is no IP address. Correct the policy`
}

/**
 * Writes one backend if it is as it was when the change was planned, and reads what came of it. HAProxy cannot do that in
 * one operation: see `haproxyRuntime`.
 */
export const haproxyWrite = ({
  api,
  removals,
  prefix,
  options,
}: WriteOptions): ConditionalWrite<HaproxyServers> => {
  /** All servers of ours in a backend; `undefined` if there is no such backend. */
  const held = async (key: string, signal: AbortSignal): Promise<readonly HeldServer[] | undefined> => {
    const states = parseServersState(await api(`show servers state ${key}`, signal))
    return states === undefined ? undefined : heldServers(prefix, states)
  }

  const rowIn = (key: string, servers: readonly HeldServer[]): Row<HaproxyServers> | undefined =>
    rowOf(key, servers, removals.includes)

  /** Makes the step's commands as far as they succeed. */
  const made = async (backend: string, { name, commands }: Step, signal: AbortSignal): Promise<Verdict> => {
    for (const command of commands) {
      const verdict = verdictOf(command, await api(command.text, signal), { backend, options: options.text })
      if (verdict._tag === 'Busy') removals.begin({ backend, name })
      else if (verdict._tag !== 'Done') return verdict
      else removals.forget({ backend, name })
    }
    return { _tag: 'Done' }
  }

  const failure = (key: string, verdict: Verdict): Outcome<HaproxyServers> | undefined => {
    switch (verdict._tag) {
      case 'Done':
      case 'Busy':
        return undefined
      case 'Changed':
        return { _tag: 'Conflict', key, found: 'unread' }
      case 'Refused':
        return { _tag: 'Rejected', key, reason: verdict.reason }
      case 'Failed':
        return { _tag: 'Failed', key, error: new Error(verdict.message) }
    }
  }

  return async (change: Change<HaproxyServers>, owner: Owner, signal: AbortSignal) => {
    const { key } = change
    const after = change._tag === 'Delete' ? undefined : change.after
    const fault = faultOf(key, owner, after)
    if (fault !== undefined) return { _tag: 'Rejected', key, reason: fault }
    const before = await held(key, signal)
    const conflict = conflictOf(change, before === undefined ? undefined : rowIn(key, before))
    if (conflict !== undefined) return conflict
    if (before === undefined) return { _tag: 'Rejected', key, reason: missingBackend(key) }

    const own = before.filter((server) => server.owner === owner)
    let failed: Outcome<HaproxyServers> | undefined
    // A server that fails does not hold up the others: those that stop must get no requests. If somebody else is faster,
    // what is left was planned against what is no longer there: taking servers away might leave none.
    for (const step of stepsOf(own, after, { backend: key, owner, prefix, options })) {
      const outcome = failure(key, await made(key, step, signal))
      if (outcome?._tag === 'Conflict') return outcome
      failed ??= outcome
    }
    if (failed !== undefined) return failed

    const now = rowIn(key, (await held(key, signal)) ?? [])
    // Another worker may have written meanwhile.
    const isDone = after === undefined ? now === undefined : now?.owner === owner && equals(now.value, after)
    return isDone ? { _tag: 'Done', key, row: now } : { _tag: 'Conflict', key, found: now }
  }
}
