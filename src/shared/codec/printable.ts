/**
 * Characters that could move a terminal's cursor, colour or hide text, change its direction, or begin a line: control
 * and format characters, line and paragraph separators, and lone surrogates.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/**
 * Makes a line of external text safe for a terminal: unprintable characters are escaped as in JSON. The result is still
 * one line, and a line of JSON keeps its meaning.
 */
export const printable = (line: string): string => line.replace(unprintable, escaped)

/** The same for text whose line breaks are trusted. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
