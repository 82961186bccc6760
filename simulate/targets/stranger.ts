/** Other programs and people, who write to the target: records of their own, and now and then ours. */
export interface Stranger {
  /** Does something, or nothing. */
  act(): void
  /** Whether it has taken the record of a service of ours. */
  occupies(service: string): boolean
  /** Gives back the names of ours that it occupies. */
  leave(): void
  /** The keys of its own records that are not as it left them. */
  damaged(): readonly string[]
}
