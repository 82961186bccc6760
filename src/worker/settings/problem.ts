import { printable } from '../../shared/codec/printable.js'

/** One problem with the user's settings. */
export interface Problem {
  /** The settings concerned, as users write them, such as `CLUSTER (--cluster)`; or the unknown flag. */
  readonly where: string
  /** What was expected and what was given. */
  readonly message: string
  /** A valid value. */
  readonly example: string | undefined
}

/** Formats problems, one per line. */
export const formatProblems = (title: string, problems: readonly Problem[]): string =>
  [
    `${title}: ${problems.length === 1 ? 'one problem' : `${problems.length} problems`}`,
    ...problems.map(
      ({ where, message, example }) =>
        `  ${where}: ${message}${example === undefined ? '' : `. Example: ${example}`}`,
    ),
  ]
    .map(printable)
    .join('\n')
