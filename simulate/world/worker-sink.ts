import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Route53Client } from '@aws-sdk/client-route-53'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { srvNames } from '../../src/sinks/route53/names/srv-names.js'
import { srvTestName } from '../../src/sinks/route53/names/test-name.js'
import type { AnySink } from '../../src/core/sink.js'
import type { FileSystem } from '../../src/sinks/document/file-system.js'
import type { Policy } from '../../src/core/policy.js'
import type { Listener } from '../network/listener.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { ServiceName } from '../network/wire.js'
import { fileSink } from '../targets/file-target.js'
import { servedSink } from '../targets/served-target.js'
import { tableSink } from '../targets/table-target.js'
import { nameTemplate } from '../targets/zone-records.js'
import { zoneSink } from '../targets/zone-target.js'
import type { Scenario } from './scenario.js'
import { type ClientSettings, stripped } from './simulated-settings.js'

/** What a worker of the kind exposes: as in `examples/traefik-table.ts`, `examples/srv-records.ts`
 * and, with `EXPOSE=services`, `examples/traefik-http.ts`. */
export const exposed = ({ target, deployments: setting }: Scenario): Policy => {
  const isFollowed = setting === 'follow'
  switch (target) {
    case 'traefik-table':
    case 'traefik-http':
    case 'traefik-file':
      return isFollowed ? deployments(servicePorts()) : servicePorts()
    case 'srv-records': {
      const names = srvNames({ template: nameTemplate })
      return isFollowed ? deployments(names, { testBackend: srvTestName }) : names
    }
  }
}

/** What a sink writes by. */
export interface SinkResources {
  readonly client: (service: ServiceName) => ClientSettings
  readonly files: () => FileSystem
  /** Called when a target that is not behind the wire was read. */
  readonly hasRead: () => void
}

export interface WorkerSink {
  readonly sink: AnySink
  readonly listener?: Listener['listener']
}

/** The shipped sink of the kind, and what answers its readers, if it has any. */
export const workerSink = (
  { target, shape }: Scenario,
  process: SimulatedProcess,
  { client, files, hasRead }: SinkResources,
): WorkerSink => {
  switch (target) {
    case 'traefik-table':
      return { sink: tableSink(stripped(new DynamoDBClient({ ...client('dynamodb'), maxAttempts: 3 }))) }
    case 'srv-records':
      return { sink: zoneSink(stripped(new Route53Client(client('route53'))), process, shape) }
    case 'traefik-http': {
      const sink = servedSink(process)
      return { sink, listener: sink.listener }
    }
    case 'traefik-file':
      return { sink: fileSink(files(), process, hasRead) }
  }
}
