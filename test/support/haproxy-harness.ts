import { formatAddress } from 'ecs-task-stream'
import { haproxyRuntime, type HaproxyServers } from '../../src/sinks/haproxy/runtime.js'
import type { RuntimeApi } from '../../src/sinks/haproxy/runtime-api.js'
import { parseServersState, type ServerState } from '../../src/sinks/haproxy/servers-state.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { countedWrites } from './counted-writes.js'

/** The backends of the sink contract. */
export const contractBackends = ['web', 'api', 'mail', 'shop-2', 'a.b_c']

const { signal } = new AbortController()
const isOurs = ({ name }: ServerState): boolean => name.startsWith('ecs:')

export const addressesOf = ({ servers }: HaproxyServers): readonly string[] => servers.map(formatAddress)

/** A harness over any HAProxy, real or not, whose backends are `contractBackends`, empty. */
export const haproxyHarness = (
  address: string,
  api: RuntimeApi,
  more: Partial<SinkHarness<HaproxyServers>> & Pick<SinkHarness<HaproxyServers>, 'dispose'>,
): SinkHarness<HaproxyServers> => {
  const another = () => haproxyRuntime({ address })
  const serversOf = async (backend?: string): Promise<readonly ServerState[]> => {
    const states = parseServersState(
      await api(`show servers state${backend === undefined ? '' : ` ${backend}`}`, signal),
    )
    // How long they have been so changes by itself.
    return (states ?? []).map((state) => ({ ...state, unchangedFor: 0 }))
  }
  return {
    ...countedWrites(another()),
    snapshot: async () => {
      const all = await serversOf()
      return new Map(
        all
          .filter(isOurs)
          .map(({ backend }) => [backend, all.filter((server) => server.backend === backend)]),
      )
    },
    addresses: addressesOf,
    tamper: async (key) => {
      const { name = '', weight = 0 } = (await serversOf(key)).find(isOurs) ?? {}
      await api(`set server ${key}/${name} weight ${(weight + 7) % 257}`, signal)
    },
    plant: async ({ name, endpoints }, owner) => {
      const servers = endpoints.map(({ host, port }) => ({ host, port, weight: 1 }))
      const change = { _tag: 'Create', key: name, after: { servers, leaving: [] } } as const
      if (owner !== undefined) await another().apply([change], owner, signal)
    },
    embellishment: {
      add: async (key) => {
        await api(`add server ${key}/static-1 10.9.9.9:1 weight 3`, signal)
        await api(`add server ${key}/ecs:other 10.9.9.9:2`, signal)
        await api(`set server ${key}/static-1 state ready`, signal)
      },
      read: async (key) => (await serversOf(key)).filter(({ host }) => host === '10.9.9.9'),
    },
    another,
    ...more,
  }
}
