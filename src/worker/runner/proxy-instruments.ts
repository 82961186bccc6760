import { Counter, Gauge } from 'prom-client'
import { formatAddress } from '../../core/desired.js'
import type { PortState, ProxyIncident, TcpProxy } from '../../sinks/tcp-proxy/index.js'
import { nameLabel } from '../observability/closed-label.js'
import type { Instruments } from './composition.js'
import { RepeatGate } from '../observability/repeat-gate.js'

type Sample = readonly [value: number, ...labels: string[]]

interface Measure {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  samples(state: PortState): readonly Sample[]
}

const gauges: readonly Measure[] = [
  {
    name: 'proxy_listening',
    help: '1 while the port is listened on; 0 without a live task, or when another process has the port.',
    labels: [],
    samples: ({ listening }) => [[listening === undefined ? 0 : 1]],
  },
  {
    name: 'proxy_addresses',
    help: 'Addresses that connections may go to.',
    labels: [],
    samples: ({ addresses }) => [[addresses]],
  },
  {
    name: 'proxy_suspect_addresses',
    help: 'Addresses that did not answer recently and are tried last.',
    labels: [],
    samples: ({ suspects }) => [[suspects]],
  },
  { name: 'proxy_connections', help: 'Open connections.', labels: [], samples: ({ open }) => [[open]] },
]

const counters: readonly Measure[] = [
  {
    name: 'proxy_connections_total',
    help: 'Connections accepted, including refused ones.',
    labels: [],
    samples: ({ accepted }) => [[accepted]],
  },
  {
    name: 'proxy_refused_connections_total',
    help: 'Connections that reached no task: too many (limit), no task (no-address), none answered (unreachable).',
    labels: ['reason'],
    samples: ({ refused }) => Object.entries(refused).map(([reason, count]) => [count, reason]),
  },
  {
    name: 'proxy_cut_connections_total',
    help: 'Connections closed by the proxy: the task was gone or the worker stopped (drain), or no data moved (idle).',
    labels: ['reason'],
    samples: ({ cut }) => Object.entries(cut).map(([reason, count]) => [count, reason]),
  },
  {
    name: 'proxy_failed_dials_total',
    help: 'Failed attempts to connect to an address.',
    labels: [],
    samples: ({ failedDials }) => [[failedDials]],
  },
  {
    name: 'proxy_bytes_total',
    help: 'Bytes from clients (up) and to them (down).',
    labels: ['direction'],
    samples: ({ up, down }) => [
      [up, 'up'],
      [down, 'down'],
    ],
  },
]

const labelled = (
  port: string,
  labels: readonly string[],
  values: readonly string[],
): Readonly<Record<string, string>> => ({
  port,
  ...Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ''])),
})

/** The number of ports with their own series. Tasks choose backend names, so further ports share one series. */
const mostPorts = 100

/** The samples of all ports, by their labels. */
const samplesOf = (
  proxy: TcpProxy,
  measure: Measure,
): readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[] => {
  const port = nameLabel(mostPorts)
  const sums = new Map<string, readonly [Readonly<Record<string, string>>, number]>()
  for (const [name, state] of proxy.ports())
    for (const [value, ...values] of measure.samples(state)) {
      const at = labelled(port(name), measure.labels, values)
      const key = JSON.stringify(at)
      sums.set(key, [at, (sums.get(key)?.[1] ?? 0) + value])
    }
  return [...sums.values()]
}

/** Reads the proxy's counters when metrics are collected. */
const measure = (proxy: TcpProxy, registers: Instruments['metrics'][]): void => {
  for (const gauge of gauges)
    new Gauge({
      name: `ecs_task_stream_${gauge.name}`,
      help: gauge.help,
      labelNames: ['port', ...gauge.labels],
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of samplesOf(proxy, gauge)) this.set(labels, value)
      },
    })
  for (const counter of counters)
    new Counter({
      name: `ecs_task_stream_${counter.name}`,
      help: counter.help,
      labelNames: ['port', ...counter.labels],
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of samplesOf(proxy, counter)) this.inc(labels, value)
      },
    })
}

/** The log line for an incident, and the key by which repetitions are recognised. */
const lineOf = (incident: ProxyIncident) => {
  const { port } = incident
  switch (incident._tag) {
    case 'DialFailed': {
      const address = formatAddress(incident.address)
      const { message: reason } = incident.error
      return {
        message: 'a task did not answer; trying another one',
        fields: { port, address, reason },
        repeats: address,
      }
    }
    case 'Refused':
      return {
        message: 'a client reached no task',
        fields: { port, reason: incident.why },
        repeats: incident.why,
      }
  }
}

/**
 * Adds a proxy's connections to the metrics and log of a worker: for `Composition.instrument`. Equal incidents are
 * logged at growing intervals.
 */
export const proxyInstruments =
  (proxy: TcpProxy) =>
  ({ metrics, logger, clock }: Instruments): void => {
    measure(proxy, [metrics])
    const gate = new RepeatGate(() => clock.now())
    proxy.incidents$.subscribe((incident) => {
      const { message, fields, repeats } = lineOf(incident)
      const heldBack = gate.pass(JSON.stringify([message, fields.port, repeats]))
      if (heldBack !== undefined) logger.warn(heldBack === 0 ? fields : { ...fields, heldBack }, message)
    })
  }
