import { isObject } from '../../shared/codec/json-object.js'
import type { LogDestination, Terminal } from './terminal.js'

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Said first, without their names, because they are what a person looks for. */
const sayings: readonly string[] = ['what', 'part', 'operation', 'reason', 'nextStep']

const seconds = (ms: unknown): string => (typeof ms === 'number' ? `${(ms / 1000).toFixed(1)} s` : '?')

/** A log line for people: `12:00:01 changed: web +2 −1 → 5`. What is no log line stays as it is. */
export const peopleLine = (line: string): string => {
  const fields = parsed(line)
  if (!isObject(fields)) return line
  const {
    level,
    time,
    worker: _worker,
    msg,
    error: _error,
    retryInMs: _retryInMs,
    heldBack,
    ...rest
  } = fields
  const at = typeof time === 'string' ? time.slice(11, 19) : ''
  const mark = level === 'info' || level === 'debug' ? '' : ` ${textOf(level).toUpperCase()}`
  const again = typeof heldBack === 'number' ? ` (and ${heldBack} more times)` : ''
  if (typeof rest['afterMs'] === 'number' && typeof rest['backends'] === 'number') {
    const { afterMs, tasks, backends } = rest
    return `${at}${mark} ready after ${seconds(afterMs)}: tasks ${textOf(tasks)}, backends ${backends}\n`
  }
  const said = sayings.flatMap((name) => (rest[name] === undefined ? [] : [textOf(rest[name])]))
  const only = rest['what'] === undefined ? Object.entries(rest) : []
  const named = only.flatMap(([name, value]) =>
    sayings.includes(name) || value === undefined ? [] : [`${name}=${textOf(value)}`],
  )
  const text = [textOf(msg), ...said].join(': ')
  return `${at}${mark} ${text}${again}${named.length > 0 ? ` [${named.join(' ')}]` : ''}\n`
}

export type LogFormat = 'auto' | 'text' | 'json'

/** The log in a format; `auto` is text on a terminal, else JSON. */
export const inFormat = (
  log: LogDestination,
  format: LogFormat,
  { isInteractive = false }: Pick<Terminal, 'isInteractive'>,
): LogDestination =>
  format === 'text' || (format === 'auto' && isInteractive)
    ? { write: (line) => log.write(peopleLine(line)) }
    : log
