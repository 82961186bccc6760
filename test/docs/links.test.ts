import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, linksOf, page, pages, resolved, root } from './pages.js'

const isExternal = (target: string): boolean => target.startsWith('https://')

describe('the documentation', () => {
  it('has pages, and they have links', () => {
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(['README.md', 'docs/iam.md']))
    expect(pages.flatMap(linksOf).length).toBeGreaterThan(100)
  })

  it('links to files and headings that exist, relative to the page', () => {
    const broken = pages.flatMap((from) =>
      linksOf(from)
        .filter(({ target }) => !isExternal(target))
        .filter(({ target }) => {
          const { path, anchor } = resolved(from, target)
          if (target.startsWith('/') || path.startsWith('..') || !existsSync(join(root, path))) return true
          return anchor !== '' && !(path.endsWith('.md') && anchorsOf(page(path)).includes(anchor))
        })
        .map(({ target }) => `${from.path}: ${target}`),
    )
    expect(broken).toEqual([])
  })

  it('quotes, after a link to a test, sentences that are tests there', () => {
    const quoted = pages.flatMap((from) =>
      linksOf(from)
        .filter(({ target }) => /\.test\.ts$|-contract\.ts$|-laws\.ts$/.test(target))
        .flatMap(({ target, after }) =>
          [...after.matchAll(/“([^”]+)”/g)].map(([, sentence = '']) => ({
            path: resolved(from, target).path,
            sentence: sentence.replace(/\s+/g, ' '),
          })),
        ),
    )
    expect(quoted.length).toBeGreaterThan(20)
    const sources = new Map(quoted.map(({ path }) => [path, readFileSync(join(root, path), 'utf8')]))
    const unknown = quoted.filter(({ path, sentence }) =>
      ["'", '"', '`'].every((quote) => sources.get(path)?.includes(quote + sentence + quote) !== true),
    )
    expect(unknown).toEqual([])
  })

  it('names no path of one machine', () => {
    const local = pages.filter(({ text }) =>
      /(^|[\s("'`])(\/(home|Users|work|tmp|root)\/|file:\/\/\/)/m.test(text),
    )
    expect(local.map(({ path }) => path)).toEqual([])
  })

  it('has an index that names every page, and every page is reached from the README', () => {
    const reached = new Set(['README.md'])
    for (const path of reached)
      for (const { target } of linksOf(page(path)))
        if (!isExternal(target) && resolved(page(path), target).path.endsWith('.md'))
          reached.add(resolved(page(path), target).path)
    expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([])
    const indexed = linksOf(page('docs/README.md')).map(({ target }) => `docs/${target}`)
    expect(indexed).toEqual(
      expect.arrayContaining(
        pages.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== 'docs/README.md'),
      ),
    )
  })

  it('begins with a README that one reads in a minute: pictures that are there, and fewer than 150 lines', () => {
    const { text } = page('README.md')
    expect(text.trimEnd().split('\n').length).toBeLessThan(150)
    const pictures = [...text.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, target = '']) => target)
    expect(pictures.length).toBeGreaterThan(0)
    expect(pictures.filter((target) => !existsSync(join(root, target)))).toEqual([])
  })

  it('holds JSON that is JSON', () => {
    for (const { path, text } of pages)
      for (const [, json = ''] of text.matchAll(/^ *```json\n([\s\S]*?)^ *```/gm))
        expect(() => JSON.parse(json) as unknown, path).not.toThrow()
  })

  it('keeps decisions to 42 lines, with status, date, context, decision and consequence', () => {
    const decisions = pages.filter(({ path }) => path.startsWith('docs/decisions/'))
    expect(decisions.length).toBeGreaterThan(20)
    for (const { path, text } of decisions) {
      expect(text.trimEnd().split('\n').length, path).toBeLessThanOrEqual(42)
      expect(text, path).toMatch(
        /^# \d{4}: .+\n\nStatus: (?:proposed|accepted|superseded by \[\d{4}\]\(.+\))\. Date: \d{4}-\d\d-\d\d\.\n\n## Context\n[\s\S]+\n## Decision\n[\s\S]+\n## Consequence\n/,
      )
    }
  })
})
