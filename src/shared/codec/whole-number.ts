import { OptionError } from '../../core/option-error.js'
/** Throws an OptionError for an option that is not a whole number within bounds. */
export const wholeNumber = (option: string, value: number, least: number, most: number): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new OptionError(
      `${option} must be a whole number from ${least} to ${most}, and is ${String(value)}`,
    )
}
