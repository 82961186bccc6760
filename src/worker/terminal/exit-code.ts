/** The exit codes of the command. */
export const exitCode = {
  /** A worker was stopped, or `plan` found that nothing would change. */
  ok: 0,
  /** It failed, or received a second request to stop while it drained. */
  failed: 1,
  /** `plan`: something would change. */
  wouldChange: 2,
  /** The settings are wrong. `EX_USAGE` of BSD's sysexits. */
  usage: 64,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
