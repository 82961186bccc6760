import { OptionError } from '../../../core/option-error.js'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Protocol } from '../../../core/binding.js'
import { canonicalName } from '../canonical-name.js'

/** The fields of a port that a template may use. */
export interface SrvTemplateValues {
  readonly service: string | undefined
  readonly container: string
  /** The container port. */
  readonly port: number
  readonly protocol: Protocol
  /** The cluster's name. */
  readonly cluster: string
}

/** Fills a template in; `undefined` if it uses `{service}` and the task has none. */
export type SrvTemplate = (values: SrvTemplateValues) => string | undefined

const sample: Readonly<Record<string, string>> = {
  service: 'web',
  container: 'app',
  port: '80',
  protocol: 'tcp',
  cluster: 'staging',
}
const placeholder = /\{([^{}]*)\}/g

/** Throws an OptionError if the template cannot produce a valid name. */
export const srvTemplate = (template: string): SrvTemplate => {
  const refuse = (expected: string, got: string): never => {
    throw new OptionError(`srvNames: template: expected ${expected}, got ${got}`)
  }
  const allowed = Object.keys(sample).map((key) => `{${key}}`)
  const filled = template.replace(placeholder, (found: string, key: string) =>
    Object.hasOwn(sample, key)
      ? (sample[key] ?? '')
      : refuse(`fields among ${allowed.join(', ')}`, `${found} in ${JSON.stringify(template)}`),
  )
  const name = canonicalName(filled)
  if (isLeft(name)) return refuse('a template of DNS names', `"${filled}": ${name.left}`)
  if (filled.endsWith('.'))
    refuse('no trailing dot, because names are relative to the zone of the target', JSON.stringify(template))
  const needsService = template.includes('{service}')

  return ({ service = '', ...values }) => {
    if (needsService && service === '') return undefined
    const known = new Map(Object.entries({ ...values, service }))
    return template.replace(placeholder, (_, key: string) => String(known.get(key)))
  }
}
