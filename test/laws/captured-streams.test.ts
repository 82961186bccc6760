import { deepStrictEqual, ok } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { type ClusterEvent, project, servicePorts } from 'ecs-task-stream'
import { replay } from 'ecs-task-stream/sources/replay'
import { shuffled } from 'ecs-task-stream/testing'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { heard } from '../support/heard.js'
import { desiredContents, fold, routesOf, stateContents } from './observed.js'
import { needs } from '../tiers/needs.js'

/** A directory with `streams/*.jsonl`: events of real clusters, one a line, as they were received. */
const directory = process.env['ECS_EVENTS_DIR'] ?? ''
const files =
  directory === ''
    ? []
    : readdirSync(join(directory, 'streams'))
        .filter((file) => file.endsWith('.jsonl'))
        .map((file) => join(directory, 'streams', file))

/** The fields that a direct reading looks at. */
interface Captured {
  readonly 'detail-type': string
  readonly detail: {
    readonly taskArn: string
    readonly version: number
    readonly lastStatus: string
    readonly desiredStatus: string
    readonly group: string
    readonly taskDefinitionArn: string
    readonly containers: readonly {
      readonly name: string
      readonly networkInterfaces?: readonly { readonly privateIpv4Address?: string }[]
    }[]
  }
}

const captured = (file: string): readonly Captured[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Captured)

const eventsOf = (file: string): readonly ClusterEvent[] =>
  captured(file).flatMap((json) => {
    const decoded = decodeEvent(json)
    return decoded._tag === 'Event' ? [decoded.event] : []
  })

const port = 8080

/** Captured streams tell no ports of tasks with interfaces of their own: every container gets the same. */
const definitionsOf = (file: string): readonly ClusterEvent[] =>
  captured(file)
    .filter((event) => event['detail-type'] === 'ECS Task State Change')
    .map(({ detail: { taskDefinitionArn, containers } }) => ({
      _tag: 'DefinitionDescribed',
      definition: {
        arn: taskDefinitionArn,
        networkMode: 'awsvpc',
        containers: containers
          .map(({ name }) => name)
          .sort()
          .map((name) => ({
            name,
            ports: [{ containerPort: port, hostPort: port, protocol: 'tcp', count: 1 }],
            image: undefined,
            labels: {},
            environment: {},
          })),
      },
    }))

/**
 * What is live after these events, by a look at the newest version of each task that shares nothing with the library.
 */
const directReading = (events: readonly Captured[]): ReadonlyMap<string, readonly string[]> => {
  const newest = new Map<string, Captured['detail']>()
  const address = new Map<string, string>()
  for (const { 'detail-type': type, detail } of events) {
    if (type !== 'ECS Task State Change') continue
    if ((newest.get(detail.taskArn)?.version ?? 0) < detail.version) newest.set(detail.taskArn, detail)
    const told = detail.containers.flatMap(({ networkInterfaces = [] }) => networkInterfaces)[0]
    if (told?.privateIpv4Address !== undefined) address.set(detail.taskArn, told.privateIpv4Address)
  }
  const routes = new Map<string, string[]>()
  for (const { taskArn, group, lastStatus, desiredStatus } of newest.values())
    if (lastStatus === 'RUNNING' && desiredStatus === 'RUNNING' && group.startsWith('service:')) {
      const service = group.slice('service:'.length)
      routes.set(service, [...(routes.get(service) ?? []), `${address.get(taskArn) ?? ''}:${port}`].sort())
    }
  return new Map([...routes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const options = { expose: servicePorts(), covers: [] }
const wanted = (file: string, events: readonly ClusterEvent[]) =>
  project(fold([...definitionsOf(file), ...events]), options)

describe(
  'captured streams',
  needs(files.length === 0 ? 'no captured events: ECS_EVENTS_DIR does not name their directory' : undefined),
  () => {
    it.each(files)('every prefix of %s, shuffled and doubled, ends as the prefix in order does', (file) => {
      const events = eventsOf(file)
      ok(events.length > 10)
      for (let length = 0; length <= events.length; length++) {
        const prefix = events.slice(0, length)
        const state = stateContents(fold(prefix))
        const desired = desiredContents(wanted(file, prefix))
        fc.assert(
          fc.property(shuffled([...prefix, ...prefix]), (arrived) => {
            deepStrictEqual(stateContents(fold(arrived)), state)
            deepStrictEqual(desiredContents(wanted(file, arrived)), desired)
          }),
          { numRuns: 10 },
        )
      }
    })

    it.each(files)('after every line of %s what is wanted is what a direct reading says', (file) => {
      const lines = captured(file)
      lines.forEach((_, i) => {
        const sofar = lines.slice(0, i + 1)
        const events = sofar.flatMap((json) => {
          const decoded = decodeEvent(json)
          return decoded._tag === 'Event' ? [decoded.event] : []
        })
        deepStrictEqual(routesOf(wanted(file, events)), directReading(sofar))
      })
    })

    it.each(files)('replay delivers %s as it is, and ignores what is not a task event', async (file) => {
      const { deliveries, notices } = await heard(replay({ file }))
      deepStrictEqual(deliveries.flat(), eventsOf(file))
      ok(notices.every(({ _tag }) => _tag === 'Ignored'))
      deepStrictEqual(deliveries.length + notices.length, captured(file).length)
    })

    it('contain services that lose an address, and others that keep theirs', () => {
      const routed = files.map((file) => {
        const lines = captured(file)
        const moments = lines.map((_, i) => [...directReading(lines.slice(0, i + 1)).values()].flat())
        return { ever: new Set(moments.flat()), last: new Set(moments.at(-1)) }
      })
      ok(routed.some(({ last }) => last.size > 0))
      ok(routed.some(({ ever, last }) => ever.size > last.size))
    })
  },
)
