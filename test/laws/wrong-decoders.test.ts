/**
 * The laws look at the decoder, too: histories are written as ECS writes them, and the very law that our decoder keeps
 * refutes each of these.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { type EcsDecoder, ecsDecoder } from '../../src/testing/ecs-decoder.js'
import { liveStays, nextSnapshotRepairs, type Observer } from './convergence.js'
import { refutation } from './holds.js'
import { options, routed, routesOf } from './observed.js'

type Mistake = (task: Task) => Task

/** Our decoder, with a mistake in what it makes of events. */
const inEvents = (mistake: Mistake, { description }: EcsDecoder = ecsDecoder): EcsDecoder => ({
  event: (json, latest) => {
    const decoded = ecsDecoder.event(json, latest)
    return decoded._tag === 'Event' && decoded.event._tag === 'TaskChanged'
      ? { _tag: 'Event', event: { _tag: 'TaskChanged', task: mistake(decoded.event.task) } }
      : decoded
  },
  description,
})

/** The same for what DescribeTasks returns. */
const inDescriptions = (mistake: Mistake): EcsDecoder => ({
  event: ecsDecoder.event,
  description: (description, order) => {
    const { task, errors } = ecsDecoder.description(description, order)
    return { task: task === undefined ? undefined : mistake(task), errors }
  },
})

const inBoth = (mistake: Mistake): EcsDecoder => inEvents(mistake, inDescriptions(mistake))

const isRefuted = <Case>(law: fc.IProperty<Case>): void => {
  const { failed, counterexample } = fc.check(law, refutation)
  expect(failed).toBe(true)
  expect(counterexample).not.toBeNull()
}

const observer: Observer = () => {
  let state = emptyState
  return (event) => routesOf(project((state = reduce(state, event)), options))
}

const hour = 3_600_000

describe('a decoder that does not read networkBindings', () => {
  const decoder = inBoth((task) => ({
    ...task,
    containers: task.containers.map((container) => ({ ...container, bindingsVersion: -1, bindings: [] })),
  }))

  it('finds no port of a task in bridge mode', () => {
    isRefuted(nextSnapshotRepairs(routed, { decoder }))
  })
})

describe('a decoder that finds addresses in events alone', () => {
  const decoder = inDescriptions((task) => ({ ...task, interface: undefined }))

  it('does not know where a task is whose events were lost', () => {
    isRefuted(nextSnapshotRepairs(routed, { decoder }))
  })
})

describe('a decoder that does not read healthStatus', () => {
  const decoder = inDescriptions((task) => ({ ...task, health: undefined }))

  it('routes to what ECS calls unhealthy', () => {
    isRefuted(nextSnapshotRepairs(routed, { decoder }))
  })
})

describe('a decoder that takes updatedAt for local time', () => {
  it('removes what has just started, east of Greenwich', () => {
    const decoder = inEvents((task) => ({ ...task, at: task.at - 2 * hour }))
    isRefuted(liveStays(observer, { decoder }))
  })

  it('keeps what has stopped, west of it', () => {
    const decoder = inEvents((task) => ({ ...task, at: task.at + 5 * hour }))
    isRefuted(nextSnapshotRepairs(routed, { decoder }))
  })
})
