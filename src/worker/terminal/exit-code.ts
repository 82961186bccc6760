/** What the command's exit codes mean. */
export const exitCode = {
  /** A worker was stopped, or `plan` found that nothing would change. */
  ok: 0,
  /** It failed, or was asked a second time to stop while it drained. */
  failed: 1,
  /** `plan`: something would change. */
  wouldChange: 2,
  /** The settings are wrong. `EX_USAGE` of BSD's sysexits. */
  usage: 64,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
