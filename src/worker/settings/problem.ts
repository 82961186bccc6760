import { printable } from '../../shared/codec/printable.js'

/** One thing wrong with what a person asked for. */
export interface Problem {
  /** The settings concerned as people write them, such as `CLUSTER (--cluster)`, or the flag that is none. */
  readonly where: string
  /** What was expected and what came. */
  readonly message: string
  /** What would be right. */
  readonly example: string | undefined
}

/** All problems, one a line. */
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
