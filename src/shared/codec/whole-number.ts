import { OptionError } from '../../core/option-error.js'
/** Throws an OptionError unless an option is a whole number between `least` and `most`, inclusive. */
export const wholeNumber = (option: string, value: number, least: number, most: number): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new OptionError(`${option}: expected a whole number from ${least} to ${most}, got ${String(value)}`)
}
