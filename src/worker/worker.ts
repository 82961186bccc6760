import * as E from 'fp-ts/lib/Either.js'
import type { Composition } from './composition.js'
import { given, type Variables } from './given.js'
import { helpOf } from './help.js'
import type { Problem } from './problem.js'
import type { Declaration, SettingsOf } from './setting.js'
import { type Check, decodeSettings } from './settings.js'

export interface WorkerDefinition<D extends Declaration> {
  /** How it is started: `ecs-task-stream <name>`. */
  readonly name: string
  /** One line: what it does. */
  readonly summary: string
  readonly settings: D
  /** Contradictions between settings. */
  readonly check?: Check<D>
  /** Builds the parts; opens nothing. Called once, with settings that `check` had nothing against. */
  compose(settings: SettingsOf<D>): Composition
}

/** What a command line asks of a worker. */
export type Reading<E extends Declaration> =
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Problems'; readonly problems: readonly Problem[] }
  | { readonly _tag: 'Settings'; readonly common: SettingsOf<E>; compose(): Composition }

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
    const gathered = given(all, argv, env)
    if (gathered.help) return { _tag: 'Help', text: helpOf(usage, definition.summary, all) }
    const own = decodeSettings(definition.settings, gathered, definition.check)
    const shared = decodeSettings(common, gathered)
    if (gathered.problems.length > 0 || E.isLeft(own) || E.isLeft(shared))
      return {
        _tag: 'Problems',
        problems: [
          ...gathered.problems,
          ...(E.isLeft(own) ? own.left : []),
          ...(E.isLeft(shared) ? shared.left : []),
        ],
      }
    return { _tag: 'Settings', common: shared.right, compose: () => definition.compose(own.right) }
  },
})
