import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `import { a, b as c, type D } from 'ecs-task-stream/…'` */
const packageImport = /^import \{([^}]*)\} from '(ecs-task-stream(?:\/[\w/-]+)?)'$/gm
/** `export { a, type B } from './file.js'` */
const reexport = /^export (?:type )?\{([^}]*)\} from '(\.[^']+)\.js'$/gm

const namesIn = (list: string): readonly string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** The file of each value that an entry point passes on under its own name. */
const filesOf = (entry: string): ReadonlyMap<string, string> =>
  new Map(
    [...readFileSync(entry, 'utf8').matchAll(reexport)].flatMap(([, list = '', path = '']) =>
      namesIn(list)
        .filter((name) => /^\w+$/.test(name))
        .map((name) => [name, join(dirname(entry), `${path}.ts`)] as const),
    ),
  )

const sourceOf = (module: string, root: string): string => {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly 'ecs-task-stream:source': string } | undefined>>
  }
  const found = exports[`.${module.slice('ecs-task-stream'.length)}`]
  if (found === undefined) throw new Error(`${module} is not exported`)
  return join(root, found['ecs-task-stream:source'])
}

/**
 * The same program, in which every value that is imported from an entry point of the package comes from the file that
 * the entry point takes it from. Nothing but that changes: an entry point only passes names on.
 */
export const directImports = (program: string, root: string): string =>
  program.replaceAll(packageImport, (_statement, list: string, module: string) => {
    const files = filesOf(sourceOf(module, root))
    return namesIn(list)
      .map((name) => {
        // Else an empty import would stay, and load the entry point.
        if (name.startsWith('type ')) return `import type { ${name.slice('type '.length)} } from '${module}'`
        const file = files.get(/^\w+/.exec(name)?.[0] ?? '')
        return `import { ${name} } from ${JSON.stringify(file ?? module)}`
      })
      .join('\n')
  })
