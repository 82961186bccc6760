/** A line of a file that is read line by line. */
export interface FileLine {
  /** Starts at 1. */
  readonly number: number
  /** Without the line break; `undefined` for a line longer than `maxBytes`. */
  readonly text: string | undefined
  /** Whether it ends with a line break, as every line does except an interrupted last one. */
  readonly ended: boolean
  /** Number of bytes from the beginning to the end of this line, with the line break. */
  readonly end: number
}
