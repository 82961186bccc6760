import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Route53Client } from '@aws-sdk/client-route-53'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { srvNames } from '../../src/sinks/route53/names/srv-names.js'
import { srvTestName } from '../../src/sinks/route53/names/test-name.js'
import type { Policy } from '../../src/core/policy.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { ServiceName } from '../network/wire.js'
import { tableSink } from '../targets/table-target.js'
import { nameTemplate } from '../targets/zone-records.js'
import { zoneSink } from '../targets/zone-target.js'
import type { Scenario } from './scenario.js'
import { type ClientSettings, stripped } from './simulated-settings.js'

/** What a worker of the kind exposes: as in `examples/traefik-table.ts` and `examples/srv-records.ts`. */
export const exposed = ({ target, deployments: setting }: Scenario): Policy => {
  const isFollowed = setting === 'follow'
  switch (target) {
    case 'traefik-table':
      return isFollowed ? deployments(servicePorts()) : servicePorts()
    case 'srv-records': {
      const names = srvNames({ template: nameTemplate })
      return isFollowed ? deployments(names, { testBackend: srvTestName }) : names
    }
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
