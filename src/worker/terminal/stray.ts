/** What a dependency or Node itself has to say beside the log, in words that it chose. */
export interface Stray {
  /** Where it was said. `fatal`: nobody caught an error, and the process ends. */
  readonly origin: 'console' | 'stderr' | 'warning' | 'fatal'
  readonly text: string
  /** Of a warning or an error: its class and its code, such as `DeprecationWarning DEP0040`. */
  readonly name?: string
}
