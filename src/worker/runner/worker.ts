import * as E from 'fp-ts/lib/Either.js'
import type { Composition } from './composition.js'
import type { ReadFlags } from '../settings/flags.js'
import { commonFlags, given, type Variables } from '../settings/raw-settings.js'
import { goFlags } from '../settings/go-flags.js'
import { helpOf } from '../settings/help.js'
import type { Problem } from '../settings/problem.js'
import type { Declaration, SettingsOf } from '../settings/setting.js'
import { type Check, decodeSettings } from '../settings/settings.js'

export interface WorkerDefinition<D extends Declaration> {
  /** How it is started: `ecs-task-stream <name>`. */
  readonly name: string
  /** One line: what it does. */
  readonly summary: string
  readonly settings: D
  /**
   * `go`: its flags are read as Go's package flag reads them, for a worker that replaces a program in Go: see
   * `goFlags`. Default: `common`, in any order, a value after a blank or `=`.
   */
  readonly flags?: 'common' | 'go'
  /** Contradictions between settings. */
  readonly check?: Check<D>
  /** Builds the parts; opens nothing. Called once, with settings that `check` had nothing against. */
  compose(settings: SettingsOf<D>): Composition
}

/** What a command line asks of a worker. */
export type Reading<E extends Declaration> =
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Problems'; readonly problems: readonly Problem[] }
  | {
      readonly _tag: 'Settings'
      readonly common: SettingsOf<E>
      /** What is read otherwise than it may be meant. */
      readonly warnings: readonly string[]
      /** Its warnings begin with those above. */
      compose(): Composition
    }

const grammars: Readonly<Record<'common' | 'go', ReadFlags>> = { common: commonFlags, go: goFlags }

/** A worker that the command can start; its settings' types are closed inside. */
export interface DefinedWorker {
  readonly name: string
  readonly summary: string
  /** Reads its settings together with those that `common` adds: every problem of both is told at once. */
  read<E extends Declaration>(common: E, usage: string, argv: readonly string[], env: Variables): Reading<E>
}

/** A worker is data and one function: what it wants to be told, and what it is made of then. */
export const defineWorker = <D extends Declaration>(definition: WorkerDefinition<D>): DefinedWorker => ({
  name: definition.name,
  summary: definition.summary,
  read: (common, usage, argv, env) => {
    const all = { ...definition.settings, ...common }
    const gathered = given(all, argv, env, grammars[definition.flags ?? 'common'])
    if (gathered.help) return { _tag: 'Help', text: helpOf(usage, definition.summary, all) }
    const own = decodeSettings(definition.settings, gathered, definition.check)
    const shared = decodeSettings(common, gathered)
    if (gathered.problems.length > 0 || E.isLeft(own) || E.isLeft(shared))
      return {
        _tag: 'Problems',
        problems: [
          ...gathered.problems,
          // They may be why something is missing.
          ...gathered.warnings.map((message) => ({ where: 'the flags', message, example: undefined })),
          ...(E.isLeft(own) ? own.left : []),
          ...(E.isLeft(shared) ? shared.left : []),
        ],
      }
    const { warnings } = gathered
    return {
      _tag: 'Settings',
      common: shared.right,
      warnings,
      compose: () => {
        const composition = definition.compose(own.right)
        return { ...composition, warnings: [...warnings, ...(composition.warnings ?? [])] }
      },
    }
  },
})
