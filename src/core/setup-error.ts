/** What is wrong with a setup, stable from release to release. */
export type SetupFault =
  /** Two sources or two sinks have one name. */
  | 'duplicate-name'
  /** Two sources look up which clusters a name stands for. */
  | 'ambiguous-identity'
  /** The policy needs what no source provides. */
  | 'missing-lookup'
  /** `ack: 'folded'`, or Lambda, without snapshots of every cluster. */
  | 'missing-snapshots'

/** A setup contradicts itself. The message says how to mend it. */
export class SetupError extends Error {
  override readonly name = 'SetupError'

  constructor(
    readonly code: SetupFault,
    message: string,
  ) {
    super(message)
  }
}
