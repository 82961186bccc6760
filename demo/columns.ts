import { stripVTControlCharacters } from 'node:util'

/** Pads to a width on the screen; colour codes have no width. */
export const pad = (text: string, width: number, align: 'left' | 'right' = 'left'): string => {
  const space = ' '.repeat(Math.max(0, width - stripVTControlCharacters(text).length))
  return align === 'left' ? text + space : space + text
}

// eslint-disable-next-line no-control-regex -- Colour codes begin with a control character.
const colorCode = /(\x1b\[[0-9;]*m)/

/** Cuts to a width on the screen. All colour codes are kept, so that open colours are closed. */
export const clip = (line: string, width: number): string => {
  if (stripVTControlCharacters(line).length <= width) return line
  let room = Math.max(0, width - 1)
  const parts = line.split(colorCode).map((part) => {
    if (colorCode.test(part)) return part
    const shown = part.slice(0, room)
    room -= shown.length
    return shown
  })
  return width > 0 ? `${parts.join('')}…` : ''
}
