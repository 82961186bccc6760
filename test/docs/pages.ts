import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { slug } from '../../docs/.vitepress/slug.js'

/** The project's directory. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

export interface Page {
  /** From the root, as in `docs/iam.md`. */
  readonly path: string
  readonly text: string
  /** The text with code, fenced or not, blanked out: what looks like a link there is none. */
  readonly prose: string
}

const withoutCode = (text: string): string =>
  text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`\n]*`/g, '``')

/** A page as it is. */
export const page = (path: string): Page => {
  const text = readFileSync(join(root, path), 'utf8')
  return { path, text, prose: withoutCode(text) }
}

/** All Markdown of the project that people write: the reference is generated. */
export const pages: readonly Page[] = [
  ...readdirSync(root),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith('.md') && !path.startsWith('docs/reference/'))
  .sort()
  .map(page)

export interface Link {
  readonly target: string
  /** What is said after it, up to the next link or the end of its table cell or paragraph. */
  readonly after: string
}

export const linksOf = ({ prose }: Page): readonly Link[] =>
  [...prose.matchAll(/\]\(([^()\s]+)\)((?:(?!\]\(|\n\n|\|)[\s\S])*)/g)].map(
    ([, target = '', after = '']) => ({
      target,
      after,
    }),
  )

/** The anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = ({ text }: Page): readonly string[] => {
  const seen = new Map<string, number>()
  return [...text.replace(/^ *```[\s\S]*?^ *```/gm, '').matchAll(/^#{1,6} +(.+)$/gm)].map(
    ([, heading = '']) => {
      const anchor = slug(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
      const times = seen.get(anchor) ?? 0
      seen.set(anchor, times + 1)
      return times === 0 ? anchor : `${anchor}-${times}`
    },
  )
}

/** Where a relative link of a page leads, from the root; an anchor alone leads to the page itself. */
export const resolved = (
  { path }: Page,
  target: string,
): { readonly path: string; readonly anchor: string } => {
  const [file = '', anchor = ''] = target.split('#')
  return { path: file === '' ? path : relative(root, join(root, dirname(path), file)), anchor }
}
