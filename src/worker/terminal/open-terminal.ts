import type { LogDestination, Terminal } from './terminal.js'

/** A terminal with an open log. */
export interface OpenTerminal extends Terminal {
  readonly log: LogDestination
}

/** Opens the log of a terminal. */
export const openTerminal = async (terminal: Terminal): Promise<OpenTerminal> => {
  const { log } = terminal
  return { ...terminal, log: typeof log === 'function' ? await log() : log }
}
