import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DefaultTheme, defineConfig } from 'vitepress'
import { plainBraces } from './plain-braces.js'
import { repositoryLinks } from './repository-links.js'
import { slug } from './slug.js'

const repository = 'https://github.com/ecs-task-stream/ecs-task-stream'
const docs = join(import.meta.dirname, '..')

/** The sidebar is the index: each heading of docs/README.md is a group, each link of its lists an item. */
const sidebarOf = (index: string): readonly DefaultTheme.SidebarItem[] =>
  index
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      text: section.split('\n', 1).join(''),
      collapsed: section.startsWith('Decisions'),
      items: [...section.matchAll(/^- \[([^\]]+)\]\(([^)]+)\)/gm)]
        .filter(([, , target = '']) => !target.startsWith('..'))
        .map(([, text = '', target = '']) => ({ text, link: `/${target.replace(/\.md$/, '')}` })),
    }))

/** What TypeDoc has written beside the reference; nothing before `npm run docs` has run once. */
const referenceSidebar = (): readonly DefaultTheme.SidebarItem[] => {
  const file = join(docs, 'reference/typedoc-sidebar.json')
  if (!existsSync(file)) return []
  const items = JSON.parse(readFileSync(file, 'utf8')) as DefaultTheme.SidebarItem[]
  return [{ text: 'Reference', collapsed: true, items }]
}

export default defineConfig({
  title: 'ecs-task-stream',
  description: 'Keeps load balancers, DNS zones and scrapers in sync with what runs on Amazon ECS',
  base: '/ecs-task-stream/',
  lang: 'en',
  outDir: '../site',
  cacheDir: '../node_modules/.cache/vitepress',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  // The search index is one chunk, and loaded when somebody searches.
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  markdown: {
    anchor: { slugify: slug },
    config: (md) => {
      repositoryLinks(repository)(md)
      plainBraces(md)
    },
  },
  themeConfig: {
    nav: [
      // No page of VitePress, so its router must not take it.
      { text: 'Try it', link: '/try/', target: '_self' },
      { text: 'Guide', link: '/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Changelog', link: `${repository}/blob/main/CHANGELOG.md` },
    ],
    sidebar: [...sidebarOf(readFileSync(join(docs, 'README.md'), 'utf8')), ...referenceSidebar()],
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: { pattern: `${repository}/edit/main/docs/:path` },
  },
})
