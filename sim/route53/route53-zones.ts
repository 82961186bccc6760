import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  Route53Client,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53'
import { randomUUID } from 'node:crypto'

/** The hosted zones of a server that speaks Route 53, for tests, the demo and the bench. */
export interface Route53Zones {
  /** `http://127.0.0.1:<port>`, for `endpoint` or `AWS_ENDPOINT_URL_ROUTE_53`. */
  readonly url: string
  /**
   * A client of this server with invented credentials; `close` destroys it. `overrides` take precedence, even for
   * `endpoint`.
   */
  client(overrides?: Route53ClientConfig): Route53Client
  /** Creates a zone and resolves to its id, without the leading `/hostedzone/`. */
  createZone(name: string): Promise<string>
  /** Makes the changes as one batch. */
  change(zoneId: string, changes: readonly Change[]): Promise<void>
  /** Every record set of the zone, from all pages. */
  recordSets(zoneId: string): Promise<readonly ResourceRecordSet[]>
  /** Destroys the clients. */
  close(): Promise<void>
}

/** Connects to the server at `url`, which may run in another process. `settings`: of all clients. */
export const route53Zones = (url: string, settings: Route53ClientConfig = {}): Route53Zones => {
  const clients: Route53Client[] = []
  const client = (overrides: Route53ClientConfig = {}) => {
    const made = new Route53Client({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
      ...settings,
      ...overrides,
    })
    clients.push(made)
    return made
  }
  const admin = client()

  return {
    url,
    client,
    createZone: async (name) => {
      const { HostedZone } = await admin.send(
        new CreateHostedZoneCommand({ Name: name, CallerReference: randomUUID() }),
      )
      return (HostedZone?.Id ?? '').replace('/hostedzone/', '')
    },
    change: async (zoneId, changes) => {
      await admin.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes: [...changes] } }),
      )
    },
    recordSets: async (zoneId) => {
      const sets: ResourceRecordSet[] = []
      let page: Partial<ListResourceRecordSetsCommandOutput> = {}
      do {
        page = await admin.send(
          new ListResourceRecordSetsCommand({
            HostedZoneId: zoneId,
            StartRecordName: page.NextRecordName,
            StartRecordType: page.NextRecordType,
            StartRecordIdentifier: page.NextRecordIdentifier,
          }),
        )
        sets.push(...(page.ResourceRecordSets ?? []))
      } while (page.IsTruncated === true)
      return sets
    },
    close: () => {
      for (const each of clients) each.destroy()
      return Promise.resolve()
    },
  }
}
