/** An option has an invalid value. The message has the form `<option>: expected <this>, got <that>`. */
export class OptionError extends RangeError {
  override readonly name = 'OptionError'
  readonly code = 'invalid-option'
}
