/** The exit codes of the command. */
export const exitCode = {
  /** A worker was stopped, or `plan` found that nothing would change. */
  ok: 0,
  /** It failed, or received a second request to stop while it drained. */
  failed: 1,
  /** `plan`: something would change. */
  wouldChange: 2,
  /**
   * The settings are wrong, or name something that does not exist: a queue, a table, a zone, a cluster. `EX_USAGE` of
   * BSD's sysexits.
   */
  usage: 64,
  /** A worker was stopped, and left something: a target does not hold every event, which will come again. `EX_TEMPFAIL`. */
  left: 75,
  /** AWS refuses the process: its credentials or its permissions. `plan`: no answer in time, too. `EX_UNAVAILABLE`. */
  unavailable: 69,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
