import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Task } from '../../src/core/task.js'
import type { JournalEntry, JournalEvent } from '../../src/core/journal.js'
import { decodeLine, encodeLines } from '../../src/journal/journal.js'
import { journalVersion } from '../../src/journal/journal-version.js'

const place = 'arn:aws:ecs:eu-west-1:123456789012'
const service = `${place}:service/prod/web`

/** Facts that a version does not keep are `undefined`. */
type Facts = Pick<Task, 'capacityProvider' | 'zone' | 'startedBy' | 'createdAt'>
const none: Facts = {
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
}

/** What every version says, in the order of the lines; each gets the facts that the version keeps. */
const entries = (facts: Facts): readonly JournalEntry[] => {
  const task: Task = {
    arn: `${place}:task/prod/1`,
    cluster: `${place}:cluster/prod`,
    group: 'service:web',
    definition: `${place}:task-definition/web:7`,
    instance: `${place}:container-instance/prod/i`,
    launchType: 'EC2',
    ...facts,
    version: 3,
    at: 1767323045670,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    interface: undefined,
    containers: [
      {
        name: 'app',
        arn: `${place}:container/prod/1/c`,
        version: 3,
        lastStatus: 'RUNNING',
        runtimeId: 'abc-1',
        bindingsVersion: 3,
        bindings: [{ containerPort: 80, hostPort: 32768, protocol: 'tcp', count: 1 }],
      },
    ],
    health: undefined,
  }
  const listed: Task = {
    ...task,
    arn: `${place}:task/prod/2`,
    instance: undefined,
    launchType: 'FARGATE',
    interface: { version: 3, ipv4: '10.0.0.2', ipv6: '2600::2' },
    containers: [],
    health: { at: 1767323040000, status: 'HEALTHY' },
  }
  const entry = (source: string, at: number, ...events: readonly JournalEvent[]): JournalEntry => ({
    at,
    source,
    events,
  })
  return [
    entry('sqs', 1767323045700, { _tag: 'TaskChanged', task }),
    entry(
      'snapshots',
      1767323046000,
      {
        _tag: 'ClusterIdentified',
        named: 'prod',
        clusters: [`${place}:cluster/prod`],
        order: 1767323040000,
      },
      {
        _tag: 'TasksListed',
        cluster: `${place}:cluster/prod`,
        at: 1767323040000,
        order: 1767323040001,
        tasks: [listed],
      },
    ),
    entry('addresses', 1767323046100, {
      _tag: 'InstanceDescribed',
      instance: `${place}:container-instance/prod/i`,
      addresses: { ipv4: '10.0.0.1', ipv6: undefined },
      machine: { id: 'i-1', type: 'm6i.large', zone: 'eu-west-1a', hostName: 'ip-10-0-0-1' },
      at: 1767323046000,
    }),
    entry(
      'definitions',
      1767323046200,
      {
        _tag: 'DefinitionDescribed',
        definition: {
          arn: `${place}:task-definition/web:7`,
          networkMode: 'bridge',
          containers: [
            {
              name: 'app',
              image: 'web:7',
              ports: [{ containerPort: 80, hostPort: 0, protocol: 'tcp', count: 1 }],
              labels: { 'traefik.enable': 'true' },
              environment: { SERVICE_NAME: 'web' },
            },
          ],
        },
      },
      {
        _tag: 'LookupRefused',
        key: `${place}:task-definition/api:1`,
        reason: 'denied',
        at: 1767323046001,
      },
    ),
    entry('probe', 1767323046300, {
      _tag: 'HealthObserved',
      endpoint: `${place}:task/prod/1#app:80/tcp`,
      healthy: false,
      at: 1767323046200,
    }),
  ]
}

/** What version 2 says in addition. */
const since2: readonly JournalEntry[] = [
  {
    at: 1767323046400,
    source: 'sqs',
    events: [{ _tag: 'DeploymentAnnounced', service, at: 1767323046390 }],
  },
  {
    at: 1767323046500,
    source: 'deployments',
    events: [
      { _tag: 'DeploymentDescribed', service, at: 1, rollout: { _tag: 'AtOnce', reason: 'ROLLING' } },
      {
        _tag: 'DeploymentDescribed',
        service,
        at: 2,
        rollout: { _tag: 'Settled', startedBy: ['ecs-svc/1'] },
      },
      {
        _tag: 'DeploymentDescribed',
        service,
        at: 3,
        rollout: {
          _tag: 'Shifting',
          deployment: `${place}:service-deployment/prod/web/d`,
          strategy: 'CANARY',
          status: 'IN_PROGRESS',
          stage: 'PRODUCTION_TRAFFIC_SHIFT',
          source: [
            {
              revision: `${place}:service-revision/prod/web/1`,
              definition: `${place}:task-definition/web:7`,
              startedBy: ['ecs-svc/1'],
              production: 95,
              test: 0,
            },
          ],
          target: {
            revision: `${place}:service-revision/prod/web/2`,
            definition: undefined,
            startedBy: ['ecs-svc/2'],
            production: 5,
            test: 100,
          },
          paused: { id: 'hook', expiresAt: 1767323999000, timeoutAction: 'ROLLBACK' },
        },
      },
    ],
  },
]

const facts: Facts = {
  capacityProvider: 'spot',
  zone: 'eu-west-1a',
  startedBy: 'ecs-svc/1',
  createdAt: 1767323040123,
}

/** How a task stopped, as version 3 also keeps it. */
const stopped: Pick<Task, 'lastStatus' | 'desiredStatus' | 'end'> = {
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  end: {
    version: 4,
    stopCode: 'EssentialContainerExited',
    reason: 'Essential container in task exited',
    containers: [
      { name: 'app', exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
      { name: 'log', exitCode: undefined, reason: undefined },
    ],
  },
}

/** What version 3 says in addition. */
const since3 = (earlier: readonly JournalEntry[]): readonly JournalEntry[] => {
  const cluster = `${place}:cluster/prod`
  return [
    {
      at: 1767323046600,
      source: 'snapshots',
      events: [
        {
          _tag: 'TasksRelisted',
          cluster,
          at: 1767323046500,
          order: 1767323046501,
          since: 1767323040001,
          tasks: (earlier[0]?.events ?? []).flatMap((event) =>
            event._tag === 'TaskChanged' ? [event.task] : [],
          ),
          unlisted: [`${place}:task/prod/2`],
        },
      ],
    },
    {
      at: 1767323046650,
      source: 'kinesis',
      events: [
        {
          _tag: 'LogRead',
          log: 'arn:aws:kinesis:eu-west-1:123456789012:stream/ecs-events/shardId-000000000000',
          position: '49680620810173732029985928117372646909655030001525850114',
        },
      ],
    },
    {
      at: 1767323046660,
      source: 'sqs',
      events: (earlier[0]?.events ?? []).flatMap((event) =>
        event._tag === 'TaskChanged'
          ? [{ ...event, task: { ...event.task, ...stopped, version: 4, containers: [] } }]
          : [],
      ),
    },
    { at: 1767323046700, source: 'checkpoint', events: [{ _tag: 'Checkpointed' }] },
  ]
}

const golden: Readonly<Record<number, readonly JournalEntry[]>> = {
  1: entries(none),
  2: [...entries(facts), ...since2],
  3: [...entries(facts), ...since2, ...since3(entries(facts))],
}

const text = (version: number): Promise<string> =>
  readFile(new URL(`golden/v${version}.jsonl`, import.meta.url), 'utf8')

describe('a journal', () => {
  it.each(Object.entries(golden))('of version %s reads as it was written', async (version, written) => {
    const lines = (await text(Number(version))).trimEnd().split('\n')
    expect(lines.map(decodeLine)).toEqual(
      written.map((entry) => ({ _tag: 'Line', line: { ...entry, part: 0, more: undefined } })),
    )
  })

  it('is written as in the newest golden file, byte for byte', async () => {
    const written = (golden[journalVersion] ?? []).flatMap((entry) => [...encodeLines(entry)])
    expect(written.map((each) => (each._tag === 'Line' ? `${each.line}\n` : each.reason)).join('')).toBe(
      await text(journalVersion),
    )
  })

  it('of a newer version is refused, and the reason says what to do', () => {
    expect(decodeLine('{"v":4,"at":1,"source":"sqs","events":[]}')).toEqual({
      _tag: 'Undecodable',
      reason: `$.v: expected a version of the journal's format, 1 to 3 (a newer one needs a newer ecs-task-stream), got 4`,
    })
  })

  it('whose version is not a number is refused', () => {
    expect(decodeLine('{"v":"1","at":1,"source":"sqs","events":[]}')._tag).toBe('Undecodable')
  })
})
