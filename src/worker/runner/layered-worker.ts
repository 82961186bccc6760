import * as E from 'fp-ts/lib/Either.js'
import type { ReadFlags } from '../settings/flags.js'
import { commonFlags, readRawSettings, type Variables } from '../settings/raw-settings.js'
import type { ConfigFile } from '../settings/config-file.js'
import { helpOf } from '../settings/help.js'
import type { Problem } from '../settings/problem.js'
import { type ShownSetting, shownSettings } from '../settings/shown-settings.js'
import type { Declaration, SettingsOf } from '../settings/setting.js'
import { type Check, decodeSettings } from '../settings/settings.js'
import type { Composition } from './composition.js'

/** The result of reading a command line. */
export type Reading<E extends Declaration> =
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Problems'; readonly problems: readonly Problem[] }
  | {
      readonly _tag: 'Settings'
      readonly common: SettingsOf<E>
      /** Flags that may have been meant differently from how they were read. */
      readonly warnings: readonly string[]
      /** The configuration that follows from them, for people. */
      readonly shown: readonly ShownSetting[]
      /** The composition's warnings begin with `warnings`. */
      readonly compose: () => Promise<Composition>
    }

/** A worker that the command can start. It hides the types of its settings. */
export interface DefinedWorker {
  readonly name: string
  readonly summary: string
  /** Reads the worker's settings together with those in `common`, and reports all problems of both at once. */
  read<E extends Declaration>(
    common: E,
    usage: string,
    argv: readonly string[],
    env: Variables,
    file?: ConfigFile,
  ): Reading<E>
  /** All settings of the worker: for its schema, and to complete command lines. */
  readonly settings: Declaration
}

/** Settings with a meaning of their own, and the contradictions among them. */
interface Layer<D extends Declaration> {
  readonly settings: D
  readonly check?: Check<D> | undefined
}

interface LayeredWorker<B extends Declaration, D extends Declaration> {
  readonly name: string
  readonly summary: string
  /** Settings that several workers share. */
  readonly base: Layer<B>
  readonly own: Layer<D>
  readonly readFlags?: ReadFlags
  readonly compose: (base: SettingsOf<B>, own: SettingsOf<D>) => Composition | Promise<Composition>
}

const problemsOf = (decoded: E.Either<readonly Problem[], unknown>): readonly Problem[] =>
  E.isLeft(decoded) ? decoded.left : []

/** A worker whose settings are declared in two places. */
export const layeredWorker = <B extends Declaration, D extends Declaration>({
  name,
  summary,
  base: below,
  own: above,
  readFlags = commonFlags,
  compose,
}: LayeredWorker<B, D>): DefinedWorker => ({
  name,
  summary,
  settings: { ...below.settings, ...above.settings },
  read: (common, usage, argv, env, file) => {
    const all = { ...below.settings, ...above.settings, ...common }
    const raw = readRawSettings(all, argv, { env, file }, readFlags)
    if (raw.help) return { _tag: 'Help', text: helpOf(usage, summary, all) }
    const base = decodeSettings(below.settings, raw, below.check)
    const own = decodeSettings(above.settings, raw, above.check)
    const shared = decodeSettings(common, raw)
    if (raw.problems.length > 0 || E.isLeft(base) || E.isLeft(own) || E.isLeft(shared))
      return {
        _tag: 'Problems',
        problems: [
          ...raw.problems,
          // A misread flag may be the reason for a missing setting.
          ...raw.warnings.map((message) => ({ where: 'the flags', message, example: undefined })),
          ...problemsOf(base),
          ...problemsOf(own),
          ...problemsOf(shared),
        ],
      }
    const warnings = [...raw.warnings, ...raw.notes]
    return {
      _tag: 'Settings',
      common: shared.right,
      warnings,
      shown: shownSettings(all, raw, { ...base.right, ...own.right, ...shared.right }),
      compose: async () => {
        const composition = await compose(base.right, own.right)
        return { ...composition, warnings: [...warnings, ...(composition.warnings ?? [])] }
      },
    }
  },
})
