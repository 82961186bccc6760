import { EmbeddedHaproxy } from '../../sim/haproxy/embedded-haproxy.js'
import { runtimeAddress } from '../../src/sinks/haproxy/runtime-address.js'
import { runtimeApi } from '../../src/sinks/haproxy/runtime-api.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { contractBackends, haproxyHarness } from '../support/haproxy-harness.js'
import { contractRuns } from '../laws/runs.js'

const apiAt = (address: string) =>
  runtimeApi({
    address: runtimeAddress('address', address),
    timeoutMs: 60_000,
    mostBytes: 1e7,
    clock: systemClock,
  })

const harness = async () => {
  const haproxy = await EmbeddedHaproxy.start({
    backends: Object.fromEntries(contractBackends.map((name) => [name, 'leastconn'])),
  })
  return haproxyHarness(haproxy.address, apiAt(haproxy.address), {
    failOn: (key) => {
      haproxy.intercept = (command) => (command.includes(` ${key}/`) ? { _tag: 'End' } : undefined)
    },
    dispose: () => haproxy.close(),
  })
}

// A server without an owner in its name is none of ours.
sinkContract('haproxyRuntime', harness, { lacks: ['adoption'], runs: contractRuns(20) })
