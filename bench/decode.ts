import { decodeEvent } from 'ecs-task-stream/sources/ecs-event'
import { type Effort, fullEffort } from './effort.js'
import { against, each, heading, race, table } from './stopwatch.js'
import { bound, ecsEvent, eni } from '../test/support/ecs-event-builder.js'

const EVENTS = 200
/** Of all events, in a round. */
const TIMES = 100
const ROUNDS = 7

/**
 * About the size of the event of a Fargate task with a sidecar, or of a bridge task: 3 kB, most of which is not
 * read.
 */
const bodies = Array.from({ length: EVENTS }, (_, i) => {
  const padding = {
    image: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:${'0123456789abcdef'.repeat(4)}`,
    runtimeId: `${'0123456789abcdef'.repeat(2)}-${i}`,
    containerArn: `arn:aws:ecs:eu-west-1:123456789012:container/shop/${'f'.repeat(32)}/${i}`,
    cpu: '0',
    memory: '512',
    managedAgents: [{ name: 'ExecuteCommandAgent', status: 'RUNNING' }],
  }
  const ip = `10.0.${i % 250}.7`
  const placed =
    i % 2 === 0
      ? { networkInterfaces: [{ attachmentId: 'eni-attachment', privateIpv4Address: ip }] }
      : { networkInterfaces: [], networkBindings: [bound(80, 32768 + i), bound(80, 32768 + i, 'tcp', '::')] }
  const times = ['createdAt', 'startedAt', 'pullStartedAt', 'pullStoppedAt', 'connectivityAt']
  return JSON.stringify(
    ecsEvent({
      ...Object.fromEntries(times.map((field) => [field, '2026-01-02T03:04:05.678Z'])),
      attributes: [{ name: 'ecs.cpu-architecture', value: 'x86_64' }],
      startedBy: `ecs-svc/${i}`,
      platformVersion: '1.4.0',
      version: i + 1,
      attachments: i % 2 === 0 ? [eni(ip)] : [],
      containers: ['log_router', 'web'].map((name) => ({
        ...padding,
        ...placed,
        name,
        lastStatus: 'RUNNING',
      })),
      overrides: {
        containerOverrides: [{ name: 'web', environment: [{ name: 'LEVEL', value: 'debug' }] }],
      },
    }),
  )
})

/** Prints what decoding costs relative to `JSON.parse` of the same bodies, which every decoder needs. */
export const benchDecode = async (effort: Effort = fullEffort): Promise<void> => {
  const events = bodies.map((body) => JSON.parse(body) as object)
  const broken = events.map((event) => ({ ...event, detail: {} }))
  const times = effort.pick(TIMES, 5)
  const repeated = (work: () => void) => (): void => {
    for (let i = 0; i < times; i++) work()
  }
  const timings = await race(
    [
      { name: 'JSON.parse', run: repeated(() => bodies.forEach((body) => JSON.parse(body) as unknown)) },
      { name: 'decodeEvent', run: repeated(() => events.forEach((event) => decodeEvent(event))) },
      {
        name: 'decodeEvent, five errors',
        run: repeated(() => broken.forEach((event) => decodeEvent(event))),
      },
    ],
    effort.rounds(ROUNDS),
  )
  const base = timings[0]?.cpu ?? []
  heading(`Decoding an event of ${bodies[0]?.length ?? 0} characters; processor time`)
  table(
    timings.map(({ name, cpu }) => [name, `${each(cpu, times * EVENTS).padEnd(32)} ${against(cpu, base)}`]),
  )
}
