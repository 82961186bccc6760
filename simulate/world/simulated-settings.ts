import { clientSettings } from '../../src/shared/aws/aws-clients.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { ServiceName, Wire } from '../network/wire.js'

export const region = 'eu-west-1'

const endpoint = { url: new URL(`https://simulated.${region}.amazonaws.com/`) }

/**
 * The settings of the shipped clients; the wire is added for each. There are neither signatures nor a choice of hosts,
 * which nobody at the simulated wire looks at, and which would take more than half of the time.
 */
export const simulatedSettings = {
  ...clientSettings({ region }),
  credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
  signer: { sign: <A>(request: A): Promise<A> => Promise.resolve(request) },
  endpointProvider: () => endpoint,
}

interface Stripped {
  readonly middlewareStack: { remove(name: string): boolean }
}

const unseen = [
  'getUserAgentMiddleware',
  'loggerMiddleware',
  'recursionDetectionMiddleware',
  'hostHeaderMiddleware',
]

/** The client without what only adds headers that nobody looks at. */
export const stripped = <C extends Stripped>(client: C): C => {
  for (const name of unseen)
    if (!client.middlewareStack.remove(name)) throw new Error(`the SDK has no ${name} any more`)
  return client
}

/** The settings of the shipped clients, with the simulated wire instead of sockets. */
export const simulatedClient = (wire: Wire, process: SimulatedProcess, service: ServiceName) => ({
  ...simulatedSettings,
  requestHandler: wire.handler(process, service),
})

export type ClientSettings = ReturnType<typeof simulatedClient>
