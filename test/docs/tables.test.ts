import { describe, expect, it } from 'vitest'
import { page, pages } from './pages.js'

/** Cells longer than this are sentences in a narrow column: lists, footnotes or paragraphs are easier to read. */
const longest = 120

/** Decisions are kept as they were made. */
const kept = (path: string): boolean => !path.startsWith('docs/decisions/')

/** What readers see of a cell: the text of links, without targets and code marks. */
const visible = (cell: string): string =>
  cell
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*\\]/g, '')
    .trim()

const cellsOf = (text: string): readonly string[] =>
  text
    .replace(/^ *```[\s\S]*?^ *```/gm, '')
    .split('\n')
    .filter((line) => /^ *\|.*\|$/.test(line) && !/^ *\|[\s|:-]+\|$/.test(line))
    // An escaped bar is text.
    .flatMap((line) =>
      line
        .trim()
        .slice(1, -1)
        .split(/(?<!\\)\|/),
    )
    .map(visible)

const tooLong = (text: string): readonly string[] => cellsOf(text).filter((cell) => cell.length > longest)

describe('the tables of the documentation', () => {
  it('have no cell that is too long to read', () => {
    const found = pages
      .filter(({ path }) => kept(path))
      .flatMap(({ path, text }) => tooLong(text).map((cell) => `${path}: ${cell.length}: ${cell}`))
    expect(found).toEqual([])
  })

  it('are found: there are hundreds of cells', () => {
    expect(pages.flatMap(({ text }) => cellsOf(text)).length).toBeGreaterThan(500)
    expect(cellsOf(page('docs/iam.md').text)).toContain('worker')
  })

  it('would be complained of', () => {
    expect(tooLong(`| a | ${'b'.repeat(longest + 1)} |`)).toHaveLength(1)
    expect(tooLong(`| a | [${'b'.repeat(longest)}](${'c'.repeat(longest)}) |`)).toEqual([])
  })
})
