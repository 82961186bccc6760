/** What is wrong with a setup. The codes are stable across releases. */
export type SetupFault =
  /** Two sources or two sinks have the same name. */
  | 'duplicate-name'
  /** Two sources look up which clusters a name stands for. */
  | 'ambiguous-identity'
  /** The policy needs a lookup that no source provides. */
  | 'missing-lookup'
  /** `ack: 'folded'`, or Lambda, without snapshots of every cluster. */
  | 'missing-snapshots'
  /** Lambda has no required sink, or one that only plans. */
  | 'unusable-sink'

/** The parts of a setup do not fit together. The message says how to fix it. */
export class SetupError extends Error {
  override readonly name = 'SetupError'

  constructor(
    readonly code: SetupFault,
    message: string,
  ) {
    super(message)
  }
}
