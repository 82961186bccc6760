import type { Report } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { type Hopeless, hopelessOf } from '../../src/worker/observability/hopeless.js'
import { virtualClock } from '../support/virtual-clock.js'
import { folded, reporting, settled } from './reports.js'

const missing = Object.assign(new Error('there is none'), { name: 'ResourceNotFoundException' })
const denied = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' })
const flap = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

const failed = (source: string, operation: string, error: Error): Report => ({
  _tag: 'Noticed',
  source,
  notice: { _tag: 'SourceFailed', operation, error, retryIn: 1 },
})
const answered = (source: string, operation: string): Report => ({
  _tag: 'Noticed',
  source,
  notice: { _tag: 'Answered', operation },
})
const sinkFailed = (sink: string, operation: 'read' | 'apply', error: Error): Report => ({
  _tag: 'SinkFailed',
  sink,
  operation,
  key: undefined,
  error,
  retryIn: 1,
})

/** What is said after these reports, and when another ten seconds have passed. */
const verdict = async (...reports: readonly Report[]): Promise<Hopeless | undefined> => {
  const by = reporting()
  const clock = virtualClock()
  let found: Hopeless | undefined
  const subscription = hopelessOf(by.reports$, {
    sources: [
      { name: 'sqs', covers: [] },
      { name: 'snapshots', covers: ['a', 'b'] },
      { name: 'definitions', covers: [] },
    ],
    sinks: [{ name: 'table' }, { name: 'prints', required: false }],
    clock,
  }).subscribe((hopeless) => (found = hopeless))
  by.report(...reports)
  await clock.advance(10_000)
  subscription.unsubscribe()
  expect(clock.sleeping).toBe(0)
  return found
}

describe('a worker', () => {
  it.each([
    ['its queue never existed', [failed('sqs', 'ReceiveMessage', missing)], 'settings'],
    ['it may not read its queue', [failed('sqs', 'ReceiveMessage', denied)], 'refused'],
    [
      'it may look at its queue, and not read it',
      [answered('sqs', 'GetQueueAttributes'), failed('sqs', 'ReceiveMessage', denied)],
      'refused',
    ],
    [
      'none of its clusters exists',
      [failed('snapshots', 'snapshot of a', missing), failed('snapshots', 'snapshot of b', missing)],
      'settings',
    ],
    ['its table never existed', [sinkFailed('table', 'read', missing)], 'settings'],
    ['it may not write', [sinkFailed('table', 'apply', denied), folded(1)], 'refused'],
    [
      'its journal never answered',
      [{ _tag: 'JournalFailed', operation: 'catchUp', error: missing, retryIn: 1 } as const],
      'settings',
    ],
  ] as const)('cannot work when %s', async (_, reports, prospect) => {
    expect(await verdict(...reports)).toMatchObject({ prospect })
  })

  it.each([
    [
      'its queue was there before',
      [answered('sqs', 'ReceiveMessage'), failed('sqs', 'ReceiveMessage', missing)],
    ],
    [
      'its queue was seen before, though nothing came from it',
      [answered('sqs', 'GetQueueAttributes'), failed('sqs', 'ReceiveMessage', missing)],
    ],
    [
      'the credentials were good before',
      [answered('sqs', 'ReceiveMessage'), failed('sqs', 'ReceiveMessage', denied)],
    ],
    [
      'one of its clusters is there',
      [answered('snapshots', 'snapshot of b'), failed('snapshots', 'snapshot of a', missing)],
    ],
    ['one of its clusters may still answer', [failed('snapshots', 'snapshot of a', missing)]],
    ['only a lookup is refused', [failed('definitions', 'DescribeTaskDefinition', denied)]],
    ['only the look at the redrive policy is refused', [failed('sqs', 'GetQueueAttributes', denied)]],
    ['its table was synced before', [settled('table', 1), sinkFailed('table', 'read', missing)]],
    ['a sink that is not required is refused', [sinkFailed('prints', 'read', missing)]],
    ['the network is down', [failed('sqs', 'ReceiveMessage', flap), sinkFailed('table', 'read', flap)]],
    ['the refusal was followed by an answer', [sinkFailed('table', 'read', missing), settled('table', 1)]],
    [
      'the refusal was followed by another failure',
      [sinkFailed('table', 'read', denied), sinkFailed('table', 'read', flap)],
    ],
  ] as const)('goes on when %s', async (_, reports) => {
    expect(await verdict(...reports)).toBeUndefined()
  })
})
