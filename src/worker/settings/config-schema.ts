import type { Declaration, SettingFacts } from './setting.js'
import type { ValueSchema } from './setting-type.js'

/** A JSON Schema of a configuration file. */
export interface ConfigSchema {
  readonly $schema: string
  readonly title: string
  readonly description: string
  readonly type: 'object'
  readonly additionalProperties: false
  readonly properties: Readonly<Record<string, ValueSchema & { readonly description: string }>>
}

/** Editors show it. A secret is better in the environment, so it has no example. */
const described = ({ description, example, required, otherwise, isSecret }: SettingFacts): string =>
  [
    `${description}.`,
    ...(required ? ['Required.'] : otherwise === undefined ? [] : [`Default: ${otherwise}.`]),
    ...(isSecret ? [] : [`Example: ${example}`]),
  ].join(' ')

/**
 * The schema of a worker's configuration file, for editors and checks. No setting is required in it, because flags and
 * the environment may give it.
 */
export const configSchema = (
  { name, settings }: { readonly name: string; readonly settings: Declaration },
  common: Declaration,
): ConfigSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: `The configuration of ecs-task-stream ${name}`,
  description: 'Flags and the environment override it.',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries({ ...settings, ...common })
      // They tell where the configuration is, and do not belong into it.
      .filter(([key]) => key !== 'configFile' && key !== 'printConfig')
      .map(([key, facts]) => [key, { description: described(facts), ...facts.schema }]),
  ),
})
