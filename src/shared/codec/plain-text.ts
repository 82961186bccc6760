/**
 * The maximum length of a name, status or group, in UTF-16 code units. ECS names have at most 255 characters; a group
 * is a name with the prefix `service:` or `family:`.
 */
export const maxNameLength = 512

/** Printable ASCII: a cheap test that matches nearly every name. */
const ascii = /^[\x20-\x7e]*$/

/** With the flag `u`, surrogate pairs are single characters, so \p{Cs} matches only lone surrogates. */
const unicode = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u

/**
 * Whether a text is a single line of well-formed Unicode, without lone surrogates, control characters, and line or
 * paragraph separators. Prometheus rejects a whole file because of one lone surrogate, and terminals interpret control
 * characters.
 *
 * @param most Maximum length in UTF-16 code units. Default: `maxNameLength`.
 */
export const isPlainText = (text: string, most: number = maxNameLength): boolean =>
  text.length <= most && (ascii.test(text) || unicode.test(text))

/**
 * Whether a text is well-formed Unicode; for values that may have several lines, such as Docker labels. A lone
 * surrogate has no UTF-8 encoding, so the text would change when it is written.
 */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)
