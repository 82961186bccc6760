/** Signatures as in Standard Webhooks (standardwebhooks.com), symmetric. Pure. */
import { createHmac } from 'node:crypto'
import type { Millis } from '../../core/clock.js'
import { OptionError } from '../../core/option-error.js'
import type { Secrets } from '../../shared/http/shared-secret.js'

/** The lengths that the specification allows, in bytes. */
const [fewest, most] = [24, 64]

const form = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/

const advice = `make one with: printf 'whsec_%s\\n' "$(openssl rand -base64 32)"`

const keyOf = (option: string, secret: string): Buffer => {
  const key = Buffer.from(form.exec(secret)?.[1] ?? '', 'base64')
  // The message must not contain the secret.
  if (key.length < fewest || key.length > most)
    throw new OptionError(
      `${option}: expected whsec_ and the base64 of ${fewest} to ${most} bytes, got a text of ${secret.length} characters: ${advice}`,
    )
  return key
}

export interface Signed {
  readonly id: string
  readonly body: string
  /** When this attempt is made. */
  readonly at: Millis
}

export type SignatureHeaders = Readonly<
  Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>
>

/**
 * Signs requests with every secret, so that receivers can change from one to the next. Throws an OptionError if there is
 * no secret, or an invalid one.
 */
export const signer = (option: string, secrets: Secrets): ((signed: Signed) => SignatureHeaders) => {
  if (secrets.length === 0)
    throw new OptionError(`${option}: expected one or more secrets, got none: ${advice}`)
  const keys = secrets.map((secret) => keyOf(option, secret))
  return ({ id, body, at }) => {
    const timestamp = String(Math.floor(at / 1000))
    const text = `${id}.${timestamp}.${body}`
    const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`)
    return {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    }
  }
}
