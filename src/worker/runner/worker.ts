import * as E from 'fp-ts/lib/Either.js'
import type { Composition } from './composition.js'
import type { ReadFlags } from '../settings/flags.js'
import { commonFlags, readRawSettings, type Variables } from '../settings/raw-settings.js'
import { goFlags } from '../settings/go-flags.js'
import { helpOf } from '../settings/help.js'
import type { Problem } from '../settings/problem.js'
import type { Declaration, SettingsOf } from '../settings/setting.js'
import { type Check, decodeSettings } from '../settings/settings.js'

export interface WorkerDefinition<D extends Declaration> {
  /** The name on the command line: `ecs-task-stream <name>`. */
  readonly name: string
  /** One line: what it does. */
  readonly summary: string
  readonly settings: D
  /**
   * `go` reads flags as Go's package flag does, for a worker that replaces a Go program: see `goFlags`. Default:
   * `common`, with flags in any order, and values after a blank or `=`.
   */
  readonly flags?: 'common' | 'go'
  /** Contradictions between settings. */
  readonly check?: Check<D>
  /**
   * Builds the parts; opens nothing. Called once, with settings in which `check` found no contradiction. What only it
   * needs, such as SDK clients, it can import itself, so that `--help` loads none of it.
   */
  compose(settings: SettingsOf<D>): Composition | Promise<Composition>
}

/** The result of reading a command line. */
export type Reading<E extends Declaration> =
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Problems'; readonly problems: readonly Problem[] }
  | {
      readonly _tag: 'Settings'
      readonly common: SettingsOf<E>
      /** Flags that may have been meant differently from how they were read. */
      readonly warnings: readonly string[]
      /** The composition's warnings begin with `warnings`. */
      readonly compose: () => Promise<Composition>
    }

const grammars: Readonly<Record<'common' | 'go', ReadFlags>> = { common: commonFlags, go: goFlags }

/** A worker that the command can start. It hides the types of its settings. */
export interface DefinedWorker {
  readonly name: string
  readonly summary: string
  /** Reads the worker's settings together with those in `common`, and reports all problems of both at once. */
  read<E extends Declaration>(common: E, usage: string, argv: readonly string[], env: Variables): Reading<E>
}

/** Defines a worker from its settings and a function that builds its parts from their values. */
export const defineWorker = <D extends Declaration>(definition: WorkerDefinition<D>): DefinedWorker => ({
  name: definition.name,
  summary: definition.summary,
  read: (common, usage, argv, env) => {
    const all = { ...definition.settings, ...common }
    const raw = readRawSettings(all, argv, env, grammars[definition.flags ?? 'common'])
    if (raw.help) return { _tag: 'Help', text: helpOf(usage, definition.summary, all) }
    const own = decodeSettings(definition.settings, raw, definition.check)
    const shared = decodeSettings(common, raw)
    if (raw.problems.length > 0 || E.isLeft(own) || E.isLeft(shared))
      return {
        _tag: 'Problems',
        problems: [
          ...raw.problems,
          // A misread flag may be the reason for a missing setting.
          ...raw.warnings.map((message) => ({ where: 'the flags', message, example: undefined })),
          ...(E.isLeft(own) ? own.left : []),
          ...(E.isLeft(shared) ? shared.left : []),
        ],
      }
    const { warnings } = raw
    return {
      _tag: 'Settings',
      common: shared.right,
      warnings,
      compose: async () => {
        const composition = await definition.compose(own.right)
        return { ...composition, warnings: [...warnings, ...(composition.warnings ?? [])] }
      },
    }
  },
})
