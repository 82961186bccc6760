import { flagOf } from '../settings/setting-name.js'
import type { Declaration } from '../settings/setting.js'

/** What a command line may consist of. */
export interface Vocabulary {
  /** Commands that take a worker, such as `plan`, and the workers themselves. */
  readonly workers: readonly string[]
  readonly beforeWorkers: readonly string[]
  /** All other commands, with the words that may follow. */
  readonly commands: ReadonlyMap<string, readonly string[]>
  /** The settings of a worker, started by this command; `undefined` if there is no such worker. */
  readonly settings: (command: string | undefined, worker: string) => Promise<Declaration | undefined>
}

const flagsIn = (declaration: Declaration, before: readonly string[]): readonly string[] => {
  const given = new Set(before.map((word) => word.split('=', 1)[0]))
  return [...Object.keys(declaration).map(flagOf), '--help'].filter((flag) => !given.has(flag))
}

/** After a flag comes a value, of which there may be a list; after a switch, a value or the next flag. */
const ofWorker = (declaration: Declaration, before: readonly string[]): readonly string[] => {
  const flags = flagsIn(declaration, before)
  const [, facts] = Object.entries(declaration).find(([name]) => flagOf(name) === before.at(-1)) ?? []
  if (facts === undefined) return flags
  const values = (facts.schema.enum ?? []).filter((word) => typeof word === 'string')
  return facts.isSwitch ? [...values, ...flags] : values
}

/** What may come next: `words` are those after the command's name, and the last one is being written. */
export const complete = async (
  words: readonly string[],
  { workers, beforeWorkers, commands, settings }: Vocabulary,
): Promise<readonly string[]> => {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const candidates = async (): Promise<readonly string[]> => {
    const [first, second] = before
    if (first === undefined) return [...workers, ...beforeWorkers, ...commands.keys(), '--help', '--version']
    const others = commands.get(first)
    if (others !== undefined) return others
    if (!beforeWorkers.includes(first)) {
      const declaration = await settings(undefined, first)
      return declaration === undefined ? [] : ofWorker(declaration, before.slice(1))
    }
    if (second === undefined) return workers
    const declaration = await settings(first, second)
    return declaration === undefined ? [] : ofWorker(declaration, before.slice(2))
  }
  return (await candidates()).filter((candidate) => candidate.startsWith(last))
}
