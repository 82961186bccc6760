import type { Origin, RawSettings } from './raw-settings.js'
import type { Declaration } from './setting.js'

/** A setting as the worker uses it, for people. */
export interface ShownSetting {
  readonly name: string
  /** As in a configuration file; `undefined` if it has none, or if that is secret. */
  readonly value: string | number | undefined
  readonly isSecret: boolean
  /** `undefined` for a default. */
  readonly origin: Origin | undefined
}

/** All settings of a declaration, with values that were decoded from `raw`. */
export const shownSettings = (
  declaration: Declaration,
  { origins }: Pick<RawSettings, 'origins'>,
  values: Readonly<Record<string, unknown>>,
): readonly ShownSetting[] =>
  Object.entries(declaration).map(([name, setting]) => {
    const value = values[name]
    const text: unknown = value === undefined || setting.isSecret ? undefined : setting.encode(value)
    return {
      name,
      value: typeof text !== 'string' ? undefined : setting.schema.type === 'integer' ? Number(text) : text,
      isSecret: setting.isSecret && value !== undefined,
      origin: origins.get(name),
    }
  })
