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
  const refuse = (fault: string): never => {
    throw new OptionError(`srvNames: template ${JSON.stringify(template)}: ${fault}`)
  }
  const allowed = Object.keys(sample).map((key) => `{${key}}`)
  const filled = template.replace(placeholder, (found: string, key: string) =>
    Object.hasOwn(sample, key)
      ? (sample[key] ?? '')
      : refuse(`there is no field ${found}: use ${allowed.join(', ')}`),
  )
  const name = canonicalName(filled)
  if (isLeft(name)) return refuse(`"${filled}" cannot be a DNS name: ${name.left}`)
  if (filled.endsWith('.')) refuse('omit the trailing dot: names are relative to the zone of the target')
  const needsService = template.includes('{service}')

  return ({ service = '', ...values }) => {
    if (needsService && service === '') return undefined
    const known = new Map(Object.entries({ ...values, service }))
    return template.replace(placeholder, (_, key: string) => String(known.get(key)))
  }
}
