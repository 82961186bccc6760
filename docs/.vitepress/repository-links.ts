import { dirname, join } from 'node:path/posix'
import type { MarkdownRenderer } from 'vitepress'

/**
 * Links of a page that lead out of docs/, such as `../src/run.ts`, lead to the repository on GitHub: the site has the
 * pages alone.
 */
export const repositoryLinks =
  (repository: string) =>
  (md: MarkdownRenderer): void => {
    md.core.ruler.push('repository-links', ({ tokens, env }) => {
      const { relativePath = '' } = env as { readonly relativePath?: string }
      for (const token of tokens.flatMap(({ children }) => children ?? [])) {
        const target = token.type === 'link_open' ? token.attrGet('href') : null
        if (target === null || /^[a-z]+:|^[#/]/.test(target)) continue
        const path = join('docs', dirname(relativePath), target)
        if (!path.startsWith('docs/')) token.attrSet('href', `${repository}/blob/main/${path}`)
      }
    })
  }
