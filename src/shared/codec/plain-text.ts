/**
 * The longest name, status or group that we keep. ECS's names have at most 255 characters, and a group is a name with
 * `service:` or `family:` before it.
 */
export const maxNameLength = 512

/** Printable ASCII, which nearly every name is: the cheap test. */
const ascii = /^[\x20-\x7e]*$/

/** With the flag `u` a surrogate that has its other half is no surrogate, so \p{Cs} matches lone ones only. */
const unicode = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u

/**
 * Whether a text is well-formed Unicode of one line: no half of a surrogate pair, no control character, no line or
 * paragraph separator. Prometheus refuses a whole file because of one lone surrogate, and terminals obey control
 * characters.
 *
 * @param most characters (UTF-16 code units) that it may have. Default: `maxNameLength`.
 */
export const isPlainText = (text: string, most: number = maxNameLength): boolean =>
  text.length <= most && (ascii.test(text) || unicode.test(text))

/**
 * Whether a text is well-formed Unicode: for values that may have several lines, such as Docker labels. A lone
 * surrogate has no encoding in UTF-8, so what is written differs from what was read.
 */
export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)
