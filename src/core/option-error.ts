/** An option has an invalid value. The message names the option, the expected and the received value. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError'
  readonly code = 'invalid-option'
}
