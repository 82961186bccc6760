/** A configuration file: the settings of one worker, by their names in code, such as `queueUrl`. */
import { closest } from './closest.js'
import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'
import type { YamlContent } from './yaml-content.js'

export interface ConfigFile {
  /** For people. */
  readonly path: string
  /** The texts of each setting, as if flags had given them. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** What is wrong, whatever the worker. */
  readonly problems: readonly Problem[]
}

/** Larger than any list of clusters, and small enough to read as a whole. */
export const maxConfigBytes = 1024 * 1024

const problem = (where: string, message: string, example?: string): Problem => ({ where, message, example })

const kindOf = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list'
    : value === null
      ? 'nothing'
      : typeof value === 'object'
        ? 'a map'
        : typeof value

/** `undefined` for what is no text, number or boolean. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? String(value)
    : undefined

/** The settings of a configuration file, from its content. Never throws. */
export const configOf = (path: string, content: YamlContent): ConfigFile => {
  const refused = (message: string): ConfigFile => ({
    path,
    texts: new Map(),
    problems: [problem(path, message, 'cluster: [staging, production]')],
  })
  if (content._tag === 'Malformed') return refused(content.reason)
  const { value: settings } = content
  if (settings === null || settings === undefined) return { path, texts: new Map(), problems: [] }
  if (typeof settings !== 'object' || Array.isArray(settings))
    return refused(`expected settings and their values, got ${kindOf(settings)}`)

  const texts = new Map<string, readonly string[]>()
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(settings)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    const read = items.map(textOf)
    const wrong = read.indexOf(undefined)
    if (value === null) continue
    if (wrong === -1)
      texts.set(
        name,
        read.filter((item) => item !== undefined),
      )
    else
      problems.push(
        problem(
          `${path}: ${name}${Array.isArray(value) ? `[${wrong}]` : ''}`,
          `expected a text, a number, true, false${Array.isArray(value) ? '' : ', or a list of them'}, got ${kindOf(items[wrong])}`,
        ),
      )
  }
  return { path, texts, problems }
}

/** What is wrong with a file for a worker with these settings. */
export const configProblems = (
  { path, texts, problems }: ConfigFile,
  declaration: Declaration,
): readonly Problem[] => [
  ...problems,
  ...[...texts.keys()]
    .filter((name) => !Object.hasOwn(declaration, name))
    .map((name) => {
      const near = closest(name, Object.keys(declaration))
      const hint = near === undefined ? 'see --help for the list' : `did you mean ${near}?`
      return problem(`${path}: ${name}`, `unknown setting; ${hint}`)
    }),
]
