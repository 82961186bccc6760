/** A text that a dependency or Node itself printed outside the log. */
export interface Stray {
  /** Where it was printed. `fatal`: an uncaught error that ends the process. */
  readonly origin: 'console' | 'stderr' | 'warning' | 'fatal'
  readonly text: string
  /** The class and code of a warning or an error, such as `DeprecationWarning DEP0040`. */
  readonly name?: string
}
