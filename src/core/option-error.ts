/** An option has a value that it cannot have. The message names the option, what was expected and what came. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError'
  readonly code = 'invalid-option'
}
