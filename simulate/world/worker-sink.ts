import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Route53Client } from '@aws-sdk/client-route-53'
import { servicePorts } from '../../src/policies/service-ports.js'
import { srvNames } from '../../src/sinks/route53/names/srv-names.js'
import type { Policy } from '../../src/core/policy.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { ServiceName } from '../network/wire.js'
import { tableSink } from '../targets/table-target.js'
import { nameTemplate } from '../targets/zone-records.js'
import { zoneSink } from '../targets/zone-target.js'
import type { Scenario } from './scenario.js'
import { type ClientSettings, stripped } from './simulated-settings.js'

/** What a worker of the kind exposes: as in `examples/traefik-table.ts` and `examples/srv-records.ts`. */
export const exposed = ({ target }: Scenario): Policy => {
  switch (target) {
    case 'traefik-table':
      return servicePorts()
    case 'srv-records':
      return srvNames({ template: nameTemplate })
  }
}

/** The shipped sink of the kind. */
export const workerSink = (
  { target, shape }: Scenario,
  process: SimulatedProcess,
  client: (service: ServiceName) => ClientSettings,
) => {
  switch (target) {
    case 'traefik-table':
      return tableSink(stripped(new DynamoDBClient({ ...client('dynamodb'), maxAttempts: 3 })))
    case 'srv-records':
      return zoneSink(stripped(new Route53Client(client('route53'))), process, shape)
  }
}
