/** The answer to `show servers state`. Pure. */
import type { Address } from '../../core/desired.js'

/** One server of HAProxy, whoever added it. */
export interface ServerState extends Address {
  readonly backend: string
  readonly name: string
  /** 0 to 256. */
  readonly weight: number
  /** Neither in maintenance nor draining, by whomever. Its health checks may still find it down. */
  readonly isReady: boolean
  /** In seconds, since it last came up or went down. */
  readonly unchangedFor: number
}

const columns = [
  'be_name',
  'srv_name',
  'srv_addr',
  'srv_port',
  'srv_uweight',
  'srv_admin_state',
  'srv_time_since_last_change',
] as const

type Column = (typeof columns)[number]

/** Bits of `srv_admin_state`: in maintenance by a command or by the configuration, and draining by a command. */
const notReady = 0x01 | 0x04 | 0x08

const unexpected = (what: string): Error =>
  new Error(`HAProxy gave an unexpected answer to \`show servers state\`: ${what}`)

const fieldsOf = (header: string): ReadonlyMap<Column, number> => {
  const names = header.slice(2).split(' ')
  return new Map(
    columns.map((column) => {
      const at = names.indexOf(column)
      if (at < 0) throw unexpected(`it has no column ${column}. Use HAProxy 2.6 or newer`)
      return [column, at]
    }),
  )
}

const wholeNumberIn = (text: string): number => {
  if (!/^\d+$/.test(text)) throw unexpected(`"${text.slice(0, 50)}" is no number`)
  return Number(text)
}

/**
 * All servers in the answer. `undefined` if there is no such backend. Throws an Error if the answer is anything else or
 * does not end: HAProxy ends it with an empty line.
 */
export const parseServersState = (answer: string): readonly ServerState[] | undefined => {
  if (answer.trim() === "Can't find backend.") return undefined
  const [version, header = '', ...lines] = answer.split('\n')
  if (version !== '1' || !header.startsWith('# '))
    throw unexpected(
      `${JSON.stringify(answer.trim().slice(0, 200))}. Use a stats socket with \`level admin\``,
    )
  if (!answer.endsWith('\n\n')) throw unexpected('it ends in the middle. HAProxy may be reloading')
  const at = fieldsOf(header)
  return lines.flatMap((line): readonly ServerState[] => {
    if (line === '') return []
    const fields = line.split(' ')
    const field = (column: Column): string => fields[at.get(column) ?? -1] ?? ''
    return [
      {
        backend: field('be_name'),
        name: field('srv_name'),
        host: field('srv_addr'),
        port: wholeNumberIn(field('srv_port')),
        weight: wholeNumberIn(field('srv_uweight')),
        isReady: (wholeNumberIn(field('srv_admin_state')) & notReady) === 0,
        unchangedFor: wholeNumberIn(field('srv_time_since_last_change')),
      },
    ]
  })
}
