import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { element } from './ec2-operations.js'
import { httpServer } from '../http-server.js'

/** A role that can be assumed, and the credentials of its session. */
export interface SimulatedRole {
  readonly arn: string
  /** The external id in its trust policy; none by default. */
  readonly externalId?: string
  readonly accessKey: string
}

/** A received request to assume a role. */
export interface AssumeRoleCall {
  readonly role: string
  readonly session: string
  readonly externalId: string | null
  /** The caller, and the region that the request was signed for. */
  readonly accessKey: string
  readonly region: string
}

export interface StsApi {
  readonly url: string
  readonly calls: readonly AssumeRoleCall[]
  close(): Promise<void>
}

/** The access key and the region that a request is signed with; empty without a signature. */
export const signatureOf = ({
  headers,
}: IncomingMessage): { readonly accessKey: string; readonly region: string } => {
  const [, accessKey = '', region = ''] =
    /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(headers.authorization ?? '') ?? []
  return { accessKey, region }
}

const failure = (code: string, message: string): string =>
  element(
    'ErrorResponse',
    element('Error', element('Type', 'Sender'), element('Code', code), element('Message', message)),
  )

const credentials = ({ arn, accessKey }: SimulatedRole, session: string): string =>
  element(
    'AssumeRoleResponse',
    element(
      'AssumeRoleResult',
      element(
        'Credentials',
        element('AccessKeyId', accessKey),
        element('SecretAccessKey', 'secret'),
        element('SessionToken', 'token'),
        element('Expiration', new Date(Date.now() + 3_600_000).toISOString()),
      ),
      element(
        'AssumedRoleUser',
        element('Arn', `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`),
        element('AssumedRoleId', `ROLE:${session}`),
      ),
    ),
    element('ResponseMetadata', element('RequestId', '00000000-0000-4000-8000-000000000000')),
  )

const identity = (accessKey: string): string =>
  element(
    'GetCallerIdentityResponse',
    element(
      'GetCallerIdentityResult',
      element('Arn', `arn:aws:sts::123456789012:assumed-role/worker/${accessKey}`),
      element('UserId', `ROLE:${accessKey}`),
      element('Account', '123456789012'),
    ),
    element('ResponseMetadata', element('RequestId', '00000000-0000-4000-8000-000000000000')),
  )

/** AssumeRole and GetCallerIdentity of STS, in its wire protocol (Query and XML), on 127.0.0.1 and a free port. */
export const stsApi = async (roles: readonly SimulatedRole[]): Promise<StsApi> => {
  const calls: AssumeRoleCall[] = []
  const answer = (request: IncomingMessage, form: URLSearchParams): { status: number; body: string } => {
    if (form.get('Action') === 'GetCallerIdentity')
      return { status: 200, body: identity(signatureOf(request).accessKey) }
    if (form.get('Action') !== 'AssumeRole')
      return { status: 400, body: failure('InvalidAction', 'The action is not simulated.') }
    const call = {
      role: form.get('RoleArn') ?? '',
      session: form.get('RoleSessionName') ?? '',
      externalId: form.get('ExternalId'),
      ...signatureOf(request),
    }
    calls.push(call)
    const role = roles.find(
      ({ arn, externalId }) => arn === call.role && (externalId ?? null) === call.externalId,
    )
    return role === undefined
      ? {
          status: 403,
          body: failure(
            'AccessDenied',
            `not authorized to perform: sts:AssumeRole on resource: ${call.role}`,
          ),
        }
      : { status: 200, body: credentials(role, call.session) }
  }
  const server = httpServer((request, response) => {
    void text(request).then((body) => {
      const { status, body: xml } = answer(request, new URLSearchParams(body))
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
