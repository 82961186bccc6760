/** ECS's reasons, of tasks and of containers, have at most so many characters. Source: API reference, `Container`. */
export const maxReasonLength = 1_024

/** The reason as one line, because terminals interpret control characters, and logs are lines. */
export const stopReason = (text: string | null | undefined): string | undefined => {
  const line = text?.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim()
  return line === '' ? undefined : line
}
