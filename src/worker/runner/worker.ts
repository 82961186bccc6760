import type { ReadFlags } from '../settings/flags.js'
import { goFlags } from '../settings/go-flags.js'
import { commonFlags } from '../settings/raw-settings.js'
import type { Declaration, SettingsOf } from '../settings/setting.js'
import type { Check } from '../settings/settings.js'
import type { Composition } from './composition.js'
import { type DefinedWorker, layeredWorker } from './layered-worker.js'

export type { DefinedWorker, Reading } from './layered-worker.js'

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

const grammars: Readonly<Record<'common' | 'go', ReadFlags>> = { common: commonFlags, go: goFlags }

/** Defines a worker from its settings and a function that builds its parts from their values. */
export const defineWorker = <D extends Declaration>(definition: WorkerDefinition<D>): DefinedWorker =>
  layeredWorker({
    name: definition.name,
    summary: definition.summary,
    base: { settings: {} },
    own: definition,
    readFlags: grammars[definition.flags ?? 'common'],
    compose: (_, own) => definition.compose(own),
  })
