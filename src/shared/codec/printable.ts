/**
 * What would move a terminal's cursor, colour or hide text, turn its direction, or begin a line: control and format
 * characters, the separators of lines and paragraphs, and halves of characters.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')

/**
 * One line of text from outside as a terminal may show it: what does not print is escaped as JSON would escape it. So the
 * line stays one line, and JSON on one line stays the same JSON.
 */
export const printable = (line: string): string => line.replace(unprintable, escaped)

/** The same for text whose line breaks are our own. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')
