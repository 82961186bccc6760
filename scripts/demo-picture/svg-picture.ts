import type { Recording } from './recording.js'

const cell = { width: 8, height: 18 } as const
const margin = 16
const columns = 96

/** By the codes of the terminal: on a dark ground, with a contrast of at least 4.5 to 1. */
const fills: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#56d364',
  '33': '#e3b341',
  '36': '#76e3ea',
}

interface Style {
  readonly fill: string | undefined
  readonly bold: boolean
  readonly dim: boolean
}

const plain: Style = { fill: undefined, bold: false, dim: false }

const after = (style: Style, code: string): Style => {
  switch (code) {
    case '1':
      return { ...style, bold: true }
    case '2':
      return { ...style, dim: true }
    case '22':
      return { ...style, bold: false, dim: false }
    case '39':
      return { ...style, fill: undefined }
    default:
      return { ...style, fill: fills[code] }
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const attributesOf = ({ fill, bold, dim }: Style): string =>
  [
    ...(fill === undefined ? [] : [` fill="${fill}"`]),
    ...(bold ? [' font-weight="bold"'] : []),
    ...(dim && fill === undefined ? [' fill="#9198a1"'] : []),
  ].join('')

/** Each run of characters has its own place, so that columns stay columns in any font. */
const textOf = (line: string, row: number): string => {
  let column = 0
  let style = plain
  const spans: string[] = []
  // eslint-disable-next-line no-control-regex -- Colour codes begin with a control character.
  for (const part of line.split(/(\x1b\[\d+m|  +)/)) {
    // eslint-disable-next-line no-control-regex -- As above.
    const [, code] = /^\x1b\[(\d+)m$/.exec(part) ?? []
    if (code !== undefined) style = after(style, code)
    else {
      if (part.trim() !== '') {
        const x = margin + (column + part.length - part.trimStart().length) * cell.width
        spans.push(`<tspan x="${x}"${attributesOf(style)}>${escaped(part.trim())}</tspan>`)
      }
      column += part.length
    }
  }
  return spans.length === 0
    ? ''
    : `<text y="${margin + (row + 1) * cell.height - 4}">${spans.join('')}</text>`
}

const wrapped = (sentence: string): readonly string[] =>
  sentence.split(' ').reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1) ?? ''
    return last.length + word.length + 3 > columns
      ? [...lines, ` ${word}`]
      : [...lines.slice(0, -1), `${last} ${word}`]
  }, [])

/**
 * The recording as a picture that moves: its frames, one a second, and then the last one for as long again. Where nothing
 * moves, and where people want nothing to move, it is the last frame.
 */
export const svgPicture = ({ frames, sentence }: Recording): string => {
  const height = Math.max(...frames.map(({ length }) => length))
  const end = wrapped(sentence)
  const rows = height + 1 + end.length
  const size = [columns * cell.width + 2 * margin, rows * cell.height + 2 * margin].join(' ')
  const seconds = frames.length + 5
  const share = (second: number): string => `${((100 * second) / seconds).toFixed(2)}%`
  const rules = frames.map((_, i) => {
    const isLast = i === frames.length - 1
    const from = i === 0 ? '' : `0%,${share(i)}{visibility:hidden}`
    const until = isLast ? '100%{visibility:visible}' : `${share(i + 1)},100%{visibility:hidden}`
    return `@keyframes f${i}{${from}${share(i)}{visibility:visible}${until}}#f${i}{animation-name:f${i}}`
  })
  const style = [
    'text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}',
    `.f{visibility:hidden;animation:${seconds}s step-end infinite}.last{visibility:visible}`,
    ...rules,
    '@media (prefers-reduced-motion:reduce){.f{animation:none}}',
  ]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" role="img" aria-labelledby="t">`,
    `<title id="t">${escaped(sentence)}</title>`,
    `<style>${style.join('\n')}</style>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    ...frames.map((lines, i) =>
      [
        `<g id="f${i}" class="f${i === frames.length - 1 ? ' last' : ''}">`,
        ...lines.map(textOf),
        ...(i === frames.length - 1 ? end.map((line, row) => textOf(line, height + 1 + row)) : []),
        '</g>',
      ]
        .filter((line) => line !== '')
        .join('\n'),
    ),
    '</svg>',
    '',
  ].join('\n')
}
