/** What the project wants of itself: a row of the summary each, in this order. */
export interface Aim {
  /** The name that `npm run bench -- <name>` measures it by. */
  readonly bench: string
  readonly row: string
  readonly unit: Unit
  /** The median is to be at most this. */
  readonly most: number
}

export type Unit = 'ms' | '×' | 'bytes' | 's of CPU' | 'calls' | 'bytes per 1,000 events'

export const aims = {
  stallFirst100k: {
    bench: 'stall',
    row: 'longest stall, 100,000 tasks: the first snapshot',
    unit: 'ms',
    most: 50,
  },
  stallSame100k: {
    bench: 'stall',
    row: 'longest stall, 100,000 tasks: a snapshot with nothing new',
    unit: 'ms',
    most: 50,
  },
  stallNewer100k: {
    bench: 'stall',
    row: 'longest stall, 100,000 tasks: a snapshot in which all are newer',
    unit: 'ms',
    most: 50,
  },
  stallFirst1m: {
    bench: 'stall',
    row: 'longest stall, 1,000,000 tasks: the first snapshot',
    unit: 'ms',
    most: 100,
  },
  stallSame1m: {
    bench: 'stall',
    row: 'longest stall, 1,000,000 tasks: a snapshot with nothing new',
    unit: 'ms',
    most: 100,
  },
  stallNewer1m: {
    bench: 'stall',
    row: 'longest stall, 1,000,000 tasks: a snapshot in which all are newer',
    unit: 'ms',
    most: 100,
  },
  flushMemory: {
    bench: 'backends',
    row: 'flush of one change, 10,000 backends beside 10: a sink in memory',
    unit: '×',
    most: 1.5,
  },
  flushTable: {
    bench: 'backends',
    row: 'flush of one change, 10,000 backends beside 10: the items of traefik-table',
    unit: '×',
    most: 1.5,
  },
  endpoints: {
    bench: 'endpoints',
    row: 'fold and projection of an event, services of 10,000 endpoints beside 100',
    unit: '×',
    most: 1.5,
  },
  memoryFargate: { bench: 'memory', row: 'memory of a task, all in: Fargate', unit: 'bytes', most: 900 },
  memoryBridge: {
    bench: 'memory',
    row: 'memory of a task, all in: bridge on EC2',
    unit: 'bytes',
    most: 900,
  },
  growth: { bench: 'fold', row: 'fold and projection, 1,000,000 tasks beside 10,000', unit: '×', most: 2 },
  path10k: {
    bench: 'path',
    row: 'whole path at 10,000 events a second, beside JSON.parse',
    unit: '×',
    most: 1.6,
  },
  path1k: {
    bench: 'path',
    row: 'whole path at 1,000 events a second, beside JSON.parse',
    unit: '×',
    most: 2,
  },
  pathWrapped: {
    bench: 'path',
    row: 'whole path at 10,000 events a second, wrapped by SNS, beside both parses',
    unit: '×',
    most: 1.3,
  },
  latency: {
    bench: 'latency',
    row: 'a change held by the table, beside a bare write of the same size',
    unit: '×',
    most: 1.2,
  },
  startHelp: { bench: 'start', row: 'processor time: --help', unit: 's of CPU', most: 0.25 },
  startWorkerHelp: {
    bench: 'start',
    row: 'processor time: traefik-table --help',
    unit: 's of CPU',
    most: 0.4,
  },
  startImport: {
    bench: 'start',
    row: 'processor time: import of the main entry',
    unit: 's of CPU',
    most: 0.2,
  },
  startLambda: {
    bench: 'start',
    row: 'processor time: a Lambda bundle to its handler',
    unit: 's of CPU',
    most: 0.45,
  },
  proxyKept: {
    bench: 'tcp',
    row: 'processor time of task-proxy beside HAProxy: kept connections',
    unit: '×',
    most: 1.5,
  },
  proxyNew: {
    bench: 'tcp',
    row: 'processor time of task-proxy beside HAProxy: new connections',
    unit: '×',
    most: 1.5,
  },
  proxyBulk: { bench: 'tcp', row: 'processor time of task-proxy beside HAProxy: bulk', unit: '×', most: 1.5 },
  proxyMany: {
    bench: 'tcp',
    row: 'processor time of task-proxy beside HAProxy: many connections',
    unit: '×',
    most: 1.5,
  },
  soak: {
    bench: 'soak',
    row: 'growth of the heap in a soak: slope less two standard errors',
    unit: 'bytes per 1,000 events',
    most: 0,
  },
  callsOneService: {
    bench: 'flush',
    row: 'table calls an event, deployment in one service',
    unit: 'calls',
    most: 0.02,
  },
  callsTenServices: {
    bench: 'flush',
    row: 'table calls an event, deployment in ten services',
    unit: 'calls',
    most: 0.02,
  },
  journalStall: {
    bench: 'journal',
    row: 'longest stall with a journal, 100,000 tasks: a snapshot with 1 % changed',
    unit: 'ms',
    most: 50,
  },
  journalStart: {
    bench: 'journal',
    row: 'start from a journal in a table, 100,000 tasks: a sink holds it',
    unit: 'ms',
    most: 3_000,
  },
} as const satisfies Readonly<Record<string, Aim>>

export type AimName = keyof typeof aims
