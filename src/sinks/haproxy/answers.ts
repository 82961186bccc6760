/** What HAProxy's answers to commands mean. Pure. */
import type { Command } from './steps.js'

export type Verdict =
  | { readonly _tag: 'Done' }
  /** The server still has connections, or requests in its queue. */
  | { readonly _tag: 'Busy' }
  /** Another writer, or a reload, was faster: read again. */
  | { readonly _tag: 'Changed' }
  /** A retry would not help before somebody changes something. */
  | { readonly _tag: 'Refused'; readonly reason: string }
  /** A retry may help. */
  | { readonly _tag: 'Failed'; readonly message: string }

const done: Verdict = { _tag: 'Done' }
const changed: Verdict = { _tag: 'Changed' }
const refused = (reason: string): Verdict => ({ _tag: 'Refused', reason })

/** What people add to haproxy.cfg for a backend. */
export const missingBackend = (backend: string): string =>
  `HAProxy has no backend "${backend}". Add \`backend ${backend}\` with \`balance leastconn\` to haproxy.cfg, and reload HAProxy`

/** Answers that mean the same whatever was asked. */
const general = (backend: string, answer: string): Verdict | undefined => {
  if (answer.startsWith('Permission denied'))
    return refused(
      'HAProxy does not allow this on its stats socket. Add `level admin` to the line `stats socket`',
    )
  if (/^(Unknown command|This command is restricted to (experimental|expert) mode)/i.test(answer))
    return refused('this HAProxy cannot add servers while it runs. Use HAProxy 2.6 or newer')
  if (answer.startsWith('Backend must use a dynamic load balancing'))
    return refused(
      `the backend "${backend}" of HAProxy balances in a way that cannot take servers while it runs. Give it \`balance leastconn\`, \`roundrobin\` or \`random\` in haproxy.cfg, and reload HAProxy`,
    )
  return undefined
}

const quoted = (answer: string): string => JSON.stringify(answer.slice(0, 500))

const ofAddition = (answer: string, backend: string, options: string): Verdict => {
  if (answer === 'New server registered.') return done
  // By another worker with the same owner, as the name says. What it has is compared when all is done.
  if (answer.startsWith('Already exists a server with the same name')) return done
  if (answer === 'No such backend.') return refused(missingBackend(backend))
  return refused(
    `HAProxy refuses a server in the backend "${backend}": ${quoted(answer)}. ${options === '' ? 'Correct what it says' : `Correct the server options, \`${options}\``}`,
  )
}

/** Commands that set something succeed without a word, or tell what they have changed. */
const ofSetting = (answer: string): Verdict => {
  if (answer === '' || /^(IP|port) changed |^nothing changed|^no need to change/.test(answer)) return done
  return { _tag: 'Failed', message: `HAProxy answered ${quoted(answer)}` }
}

const ofDeletion = (answer: string): Verdict => {
  if (answer === 'Server deleted.') return done
  if (answer.startsWith('Server still has connections')) return { _tag: 'Busy' }
  if (answer.startsWith('Only servers in maintenance mode can be deleted')) return changed
  return { _tag: 'Failed', message: `HAProxy answered ${quoted(answer)}` }
}

const isAbsent = (answer: string): boolean => answer === 'No such server.' || answer === 'No such backend.'

/** @param options The server options, for messages. */
export const verdictOf = (
  { _tag }: Command,
  text: string,
  { backend, options }: { readonly backend: string; readonly options: string },
): Verdict => {
  const answer = text.trim()
  const common = general(backend, answer)
  if (common !== undefined) return common
  switch (_tag) {
    case 'Add':
      return ofAddition(answer, backend, options)
    case 'Delete':
      return isAbsent(answer) ? done : ofDeletion(answer)
    case 'EnableHealth':
      // The server was added with other options, before the worker was given these.
      if (answer.startsWith('Health check was not configured')) return done
      return isAbsent(answer) ? changed : ofSetting(answer)
    case 'Set':
      return isAbsent(answer) ? changed : ofSetting(answer)
  }
}
