import { readFileSync } from 'node:fs'
import { URL } from 'node:url'
import { Converter } from 'typedoc'

const { name, exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))

/** The entry points of the package: the file of each, and the subpath that users import. */
const entryPoints = Object.entries(exports).flatMap(([subpath, { 'ecs-task-stream:source': source }]) =>
  source === undefined ? [] : [{ source, subpath: subpath === '.' ? name : subpath.slice(2) }],
)

/** TypeDoc names a module for its file. Readers look for what they import. */
const namedForTheirSubpaths = (app) => {
  const subpathOf = new Map(
    entryPoints.map(({ source, subpath }) => [source.replace(/^\.\/src\/|(\/index)?\.ts$/g, ''), subpath]),
  )
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = subpathOf.get(module.name) ?? module.name
  })
}

/** The reference is made of what `exports` of package.json offers. `npm run docs` puts it between the pages. */
export default {
  plugin: ['typedoc-plugin-markdown', 'typedoc-vitepress-theme', namedForTheirSubpaths],
  entryPoints: entryPoints.map(({ source }) => source),
  out: 'docs/reference',
  docsRoot: 'docs',
  readme: 'none',
  // `npm run typecheck` does that.
  skipErrorChecking: true,
  validation: { notExported: false },
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hideBreadcrumbs: true,
  router: 'module',
}
