import type { IncomingMessage } from 'node:http'
import type { Problem } from '../settings/problem.js'
import type { SettingsOf } from '../settings/setting.js'
import type { ListenAddress } from '../settings/listen-address.js'
import { sharedSecret } from '../../shared/http/shared-secret.js'
import { header } from '../../shared/http/request-head.js'
import type { inspectorSettings } from '../settings/inspector-settings.js'

type InspectorSettings = SettingsOf<typeof inspectorSettings>

/** Who may ask. */
export type InspectorAccess =
  | { readonly _tag: 'Nobody' }
  /** `isLocal`: the port is of this machine alone, so that only names of this machine are right. */
  | { readonly _tag: 'Everybody'; readonly isLocal: boolean }
  | { readonly _tag: 'Token'; readonly secrets: readonly string[] }

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** Who may ask, by the settings. */
export const accessOf = (
  { inspector, inspectorToken }: InspectorSettings,
  port: ListenAddress | undefined,
): InspectorAccess => {
  const isLocal = port !== undefined && isLoopback(port.host)
  switch (inspector) {
    case 'off':
      return { _tag: 'Nobody' }
    case 'on':
      return { _tag: 'Everybody', isLocal }
    case 'token':
      return { _tag: 'Token', secrets: inspectorToken ?? [] }
    case 'auto':
      if (inspectorToken !== undefined) return { _tag: 'Token', secrets: inspectorToken }
      return isLocal ? { _tag: 'Everybody', isLocal } : { _tag: 'Nobody' }
  }
}

/** Contradictions between the settings. */
export const inspectorProblems = (
  { inspector, inspectorToken }: InspectorSettings,
  port: ListenAddress | undefined,
): readonly Problem[] => [
  ...(inspector === 'token' && inspectorToken === undefined
    ? [
        {
          where: 'INSPECTOR_TOKEN (--inspector-token)',
          message: 'is required: INSPECTOR is token',
          example: 'INSPECTOR_TOKEN=a-long-random-text',
        },
      ]
    : []),
  ...(inspector === 'on' && inspectorToken !== undefined
    ? [
        {
          where: 'INSPECTOR (--inspector)',
          message: 'is on, which asks for no token, but there is INSPECTOR_TOKEN',
          example: 'INSPECTOR=token',
        },
      ]
    : []),
  ...((inspector === 'on' || inspector === 'token') && port === undefined
    ? [
        {
          where: 'PORT (--port)',
          message: 'is required: the inspector is served on it',
          example: 'PORT=127.0.0.1:8080',
        },
      ]
    : []),
]

/** Why a request is refused. */
export interface Refused {
  readonly status: 401 | 403
  readonly error: string
}

/** The host of a `Host` header, without its port. */
const hostOf = (text: string): string => text.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** Browsers say where a request comes from; programs do not. */
const isOfAnotherSite = (request: IncomingMessage): boolean => {
  const site = header(request, 'sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = header(request, 'origin')
  return origin !== undefined && origin.replace(/^https?:\/\//, '') !== header(request, 'host')
}

/**
 * Decides about requests. The page and its parts are for everybody, because a browser cannot send a token for them, and
 * they say nothing: `isPage`.
 *
 * A page of another site is refused. It could also name this machine by a name of its own (DNS rebinding): where a port
 * is of this machine alone, only this machine's names are right. Elsewhere, use a token.
 */
export const inspectorGuard = (
  access: Exclude<InspectorAccess, { readonly _tag: 'Nobody' }>,
): ((request: IncomingMessage, isPage: boolean) => Refused | undefined) => {
  const isSecret = access._tag === 'Token' ? sharedSecret('INSPECTOR_TOKEN', access.secrets) : undefined
  return (request, isPage) => {
    if (access._tag === 'Everybody' && access.isLocal && !isLoopback(hostOf(header(request, 'host') ?? '')))
      return { status: 403, error: 'Host: expected localhost or an address of this machine' }
    if (isPage) return undefined
    if (isOfAnotherSite(request))
      return { status: 403, error: 'Origin: expected the page of this worker, not one of another site' }
    if (isSecret === undefined) return undefined
    const [, token] = /^Bearer +(\S+)$/i.exec(header(request, 'authorization') ?? '') ?? []
    return isSecret(token)
      ? undefined
      : { status: 401, error: 'Authorization: expected "Bearer" and the token of INSPECTOR_TOKEN' }
  }
}
