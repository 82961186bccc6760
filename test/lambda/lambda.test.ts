import type { ClusterEvent, Source, Task } from 'ecs-task-stream'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { lambda, type LambdaSetup } from '../../src/lambda/index.js'
import { ecsEvent, inLambdaSns } from '../support/ecs-event-builder.js'
import { cluster, observed } from '../support/observed-task.js'
import { batch, held, record, schedule, Stage } from './stage.js'

const minute = { remaining: 60_000 }

const told = (task: Task, id = `${task.arn} ${task.version}`) =>
  record(id, JSON.stringify({ _tag: 'TaskChanged', task }))

const definition = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'

/** On Fargate: its port is known from its task definition. */
const onFargate = (id: string, at: number): Task => {
  const task = observed({ id, host: '10.0.0.9', at })
  return {
    ...task,
    definition,
    containers: task.containers.map((container) => ({ ...container, bindings: [] })),
  }
}

const described: ClusterEvent = {
  _tag: 'DefinitionDescribed',
  definition: {
    arn: definition,
    networkMode: 'awsvpc',
    containers: [
      {
        name: 'web',
        ports: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp', count: 1 }],
        image: undefined,
        labels: {},
        environment: {},
      },
    ],
  },
}

/** Task definitions, looked up when a task needs one; answers when `answer` is called. */
const slowLookup = () => {
  const asked: string[] = []
  const answers: (() => void)[] = []
  const source: Source = {
    name: 'definitions',
    covers: [],
    provides: ['definitions'],
    deliveries: ({ state$ }) =>
      new Observable((subscriber) => {
        let asking = false
        const nothing = (): void => undefined
        const watching = state$.subscribe({
          next: ({ tasks, definitions }) => {
            const needs = [...tasks.values()].some(
              (task) => task.definition === definition && task.lastStatus === 'RUNNING',
            )
            if (!needs || asking || definitions.has(definition)) return
            asking = true
            asked.push(definition)
            answers.push(() =>
              subscriber.next({ _tag: 'Delivery', events: [described], ack: nothing, nack: nothing }),
            )
          },
          complete: () => subscriber.complete(),
        })
        return () => watching.unsubscribe()
      }),
  }
  return { source, asked, answer: () => answers.splice(0).forEach((one) => one()) }
}

describe('a Lambda function', () => {
  it('uses what is warm while its snapshot is young, and takes another when it is old', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const task = (id: string, port: number): Task => {
      const seen = observed({ id, port, at: stage.outside.now })
      stage.cluster.happens(seen)
      return seen
    }
    for (const [id, port] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const answer = await container.invoke(handler, batch(told(task(id, port))), minute)
      expect(answer).toEqual({ batchItemFailures: [] })
    }
    expect(stage.snapshots).toBe(1)
    expect(held(stage.target)).toEqual({ web: ['10.0.0.1:1', '10.0.0.1:2'] })
    stage.outside.now += 60_000
    await container.invoke(handler, batch(told(task('c', 3))), minute)
    expect(stage.snapshots).toBe(2)
    expect(held(stage.target)['web']).toHaveLength(3)
  })

  it('never shows what it knew an hour ago, whichever timers go off when it goes on', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const old = observed({ id: 'old', port: 1, at: stage.outside.now })
    stage.cluster.happens(old)
    await container.invoke(handler, batch(told(old)), minute)
    // Another container has heard of the stop, and taken the address away.
    stage.outside.now += 1_000
    stage.cluster.happens({ ...old, version: 9, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' })
    const other = stage.start()
    await other.container.invoke(other.handler, schedule, minute)
    expect(held(stage.target)).toEqual({})
    const writes = stage.target.writes

    stage.outside.now += 3_600_000
    await container.thaw()
    expect(stage.target.writes).toBe(writes)
    expect(await container.invoke(handler, batch(record('x', 'other')), minute)).toEqual({
      batchItemFailures: [],
    })
    expect(stage.target.writes).toBe(writes)
    expect(stage.strayed).toEqual([])
  })

  it('takes a new snapshot whenever it is scheduled, which makes up for lost events', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    await container.invoke(handler, schedule, minute)
    stage.cluster.happens(observed({ id: 'a', port: 1, at: stage.outside.now }))
    await container.invoke(handler, schedule, minute)
    expect(stage.snapshots).toBe(2)
    expect(held(stage.target)).toEqual({ web: ['10.0.0.1:1'] })
  })

  it('fails a schedule whose snapshot was not applied, and says why', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start({ snapshot: () => 'fails' })
    const answer = await container.invoke(handler, schedule, { remaining: 5_000 })
    expect(answer).toEqual(
      new Error(
        'the scheduled snapshot was not applied within the invocation: snapshots: snapshot: throttled',
      ),
    )
  })

  it('fails what was not applied before its time is up, with a second left, and says why in the log', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start({ sink: () => 'hangs' })
    const task = observed({ id: 'a', at: stage.outside.now })
    const began = stage.outside.now
    const answer = await container.invoke(handler, batch(told(task, 'm1')), { remaining: 10_000 })
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] })
    expect(stage.outside.now - began).toBe(9_000)
    expect(stage.reports).toContainEqual({
      _tag: 'Noticed',
      source: 'lambda',
      notice: {
        _tag: 'Warning',
        message:
          '1 of 1 records were not applied within the invocation, and will be redelivered: nothing failed, but there was too little time',
      },
    })
  })

  it('succeeds with events of other kinds and of other clusters, and fails only what is not an event', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const elsewhere = observed({
      id: 'x',
      cluster: cluster.replace('staging', 'other'),
      at: stage.outside.now,
    })
    const records = [record('1', 'other'), record('2', 'garbage'), told(elsewhere, '3'), record('4', 'other')]
    const answer = await container.invoke(handler, batch(...records), minute)
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] })
    const notices = stage.reports.flatMap((report) => (report._tag === 'Noticed' ? [report.notice] : []))
    expect(notices).toEqual([
      { _tag: 'Undecodable', id: '2', reason: '$: expected an event, got garbage', receives: undefined },
      { _tag: 'Ignored', kind: 'aws.ecs/ECS Service Action', count: 2 },
    ])
    expect(stage.reports.findLast(({ _tag }) => _tag === 'Folded')).toMatchObject({ elsewhere: 1, events: 0 })
  })

  it('counts a record on which the decoder throws as not an event', async () => {
    const stage = new Stage()
    const decode: LambdaSetup['decode'] = () => {
      throw new Error('no such version')
    }
    const { container, handler } = stage.start({}, { decode })
    const answer = await container.invoke(handler, batch(record('1', '{}')), minute)
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] })
  })

  it('waits for no sink that is not required, and leaves no call of it under way', async () => {
    const stage = new Stage()
    let calls = 0
    const optional = {
      ...memorySink({ name: 'optional' }),
      required: false,
      read: (signal: AbortSignal) =>
        new Promise<never>((_, reject) => {
          calls++
          signal.addEventListener('abort', () => {
            calls--
            reject(new Error('aborted'))
          })
        }),
    }
    const sink = memorySink({ target: stage.target })
    const { container, handler } = stage.start({}, { sinks: [sink, optional] })
    const task = observed({ id: 'a', port: 1, at: stage.outside.now })
    stage.cluster.happens(task)
    expect(await container.invoke(handler, batch(told(task)), minute)).toEqual({ batchItemFailures: [] })
    expect(held(stage.target)).toEqual({ web: ['10.0.0.1:1'] })
    expect(calls).toBe(0)
  })

  it('invoked twice at once, does one after the other', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const first = handler(batch(), { getRemainingTimeInMillis: () => 60_000 })
    expect(await container.invoke(handler, batch(record('1', 'garbage')), minute)).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }],
    })
    expect(await first).toEqual({ batchItemFailures: [] })
    expect(stage.snapshots).toBe(1)
  })
})

describe('a record whose task waits for a lookup', () => {
  it('succeeds when the lookup has answered and the target holds what follows', async () => {
    const stage = new Stage()
    const lookup = slowLookup()
    const { container, handler } = stage.start({}, { lookups: [lookup.source] })
    const task = onFargate('a', stage.outside.now)
    stage.cluster.happens(task)
    void container.sleep(500, new AbortController().signal).then(lookup.answer)
    expect(await container.invoke(handler, batch(told(task)), minute)).toEqual({ batchItemFailures: [] })
    expect(held(stage.target)).toEqual({ web: ['10.0.0.9:8080'] })
  })

  it('fails after lookupMs, and no other with it', async () => {
    const stage = new Stage()
    const lookup = slowLookup()
    const { container, handler } = stage.start({}, { lookups: [lookup.source], lookupMs: 3_000 })
    const waiting = onFargate('a', stage.outside.now)
    const other = observed({ id: 'b', port: 1, service: 'api', at: stage.outside.now })
    for (const task of [waiting, other]) stage.cluster.happens(task)
    const began = stage.outside.now
    const answer = await container.invoke(handler, batch(told(waiting, 'a'), told(other, 'b')), minute)
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }] })
    expect(stage.outside.now - began).toBeLessThan(4_000)
    expect(held(stage.target)).toEqual({ api: ['10.0.0.1:1'] })
    // The container goes on from there: the answer comes, and the record with it.
    lookup.answer()
    expect(await container.invoke(handler, batch(told(waiting, 'a')), minute)).toEqual({
      batchItemFailures: [],
    })
    expect(held(stage.target)['web']).toEqual(['10.0.0.9:8080'])
    expect(stage.snapshots).toBe(1)
  })

  it('does not block a later batch that has nothing to do with it', async () => {
    const stage = new Stage()
    const lookup = slowLookup()
    const { container, handler } = stage.start({}, { lookups: [lookup.source], lookupMs: 3_000 })
    stage.cluster.happens(onFargate('a', stage.outside.now))
    await container.invoke(handler, batch(), minute)
    const other = observed({ id: 'b', port: 1, service: 'api', at: stage.outside.now })
    const began = stage.outside.now
    expect(await container.invoke(handler, batch(told(other)), minute)).toEqual({ batchItemFailures: [] })
    expect(stage.outside.now - began).toBeLessThan(100)
  })
})

describe('what a container keeps when it starts again', () => {
  it('are task definitions: each is asked for once', async () => {
    const stage = new Stage()
    const lookup = slowLookup()
    const { container, handler } = stage.start({}, { lookups: [lookup.source], lookupMs: 1_000 })
    stage.cluster.happens(onFargate('a', stage.outside.now))
    void container.sleep(500, new AbortController().signal).then(lookup.answer)
    await container.invoke(handler, schedule, minute)
    await container.invoke(handler, schedule, minute)
    expect(stage.snapshots).toBe(2)
    expect(lookup.asked).toEqual([definition])
    expect(held(stage.target)).toEqual({ web: ['10.0.0.9:8080'] })
  })

  it('is that tasks have stopped: a late RUNNING brings none back, also within the skew allowance of the snapshot', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const running = observed({ id: 'a', port: 1, version: 3, at: stage.outside.now })
    const stopped = { ...running, version: 5, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
    stage.cluster.happens(stopped)
    await container.invoke(handler, batch(told(stopped)), minute)
    await container.invoke(handler, schedule, minute)
    expect(await container.invoke(handler, batch(told(running)), minute)).toEqual({ batchItemFailures: [] })
    expect(held(stage.target)).toEqual({})
  })
})

describe('a batch through an EventBridge pipe, a bare array', () => {
  it('is applied like one from the queue, and its failures are reported in the same way', async () => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const task = observed({ id: 'a', port: 1, version: 3, at: stage.outside.now })
    stage.cluster.happens(task)
    const { Records } = batch(told(task), record('bad', 'garbage'))
    expect(await container.invoke(handler, Records, minute)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'bad' }],
    })
    expect(held(stage.target)).toEqual({ web: ['10.0.0.1:1'] })
  })
})

describe('an invocation that is neither a batch of a queue nor a schedule', () => {
  const refused = async (event: unknown): Promise<unknown> => {
    const stage = new Stage()
    const { container, handler } = stage.start()
    const answer = await container.invoke(handler, event, minute).catch((thrown: unknown) => thrown)
    expect(stage.snapshots).toBe(0)
    return answer
  }
  const notUnderstood = 'the function does not support this event: '

  it.each([
    [
      'by a topic',
      { Records: [inLambdaSns(ecsEvent())] },
      'records must come from an SQS queue. Subscribe a queue to the topic, and let the queue invoke the function\n' +
        '$.Records[0].messageId: expected non-empty string, got nothing\n' +
        '$.Records[0].eventSource: expected "aws:sqs", got nothing\n' +
        '$.Records[0].body: expected string, got nothing',
    ],
    [
      'by a rule for task events',
      ecsEvent(),
      'send task events from the rule to a queue, and let the queue invoke the function\n' +
        "$: expected an SQS queue's Records, or a Scheduled Event, " +
        'got object with keys version, id, detail-type, source, account, time, region, resources, detail',
    ],
    [
      'by hand with nothing',
      undefined,
      'send task events from the rule to a queue, and let the queue invoke the function\n' +
        "$: expected an SQS queue's Records, or a Scheduled Event, got nothing",
    ],
    [
      'with records that are no list',
      { Records: 'all' },
      'records must come from an SQS queue. Subscribe a queue to the topic, and let the queue invoke the function\n' +
        '$.Records: expected array, got "all"',
    ],
  ])('%s, fails as a whole and says what to do', async (_, event, message) => {
    expect(await refused(event)).toEqual(new Error(notUnderstood + message))
  })
})

describe('a setup that contradicts itself', () => {
  const setup = {
    lookups: [memorySource({ covers: [cluster] })],
    sinks: [memorySink()],
    expose: { expose: () => ({ _tag: 'Exposed', ports: [] }) },
  } as unknown as LambdaSetup

  it.each([
    [
      'without snapshots',
      { lookups: [memorySource()] },
      'lambda: a function may have lost its state at any invocation, so every cluster needs snapshots: add ecs({ clusters }) to lookups',
    ],
    [
      'with a cluster of which there are none',
      { clusters: ['staging', 'production'] },
      'lambda: a function may have lost its state at any invocation, so every cluster needs snapshots: add a source that covers production to lookups',
    ],
    [
      'without a sink that is waited for',
      { sinks: [{ ...memorySink(), required: false }] },
      'lambda: none of the sinks is required. A function is frozen between invocations, so a sink that no invocation waits for makes no progress: remove required: false from one of them',
    ],
    [
      'with a dry run',
      { sinks: [dryRun(memorySink())] },
      'lambda: "memory (dry run)" is a dry run, which applies nothing, so no message would ever be deleted: run the worker with DRY_RUN=on, or its plan, elsewhere',
    ],
    [
      'with two sinks of one name',
      { sinks: [memorySink(), memorySink()] },
      'two sinks are named "memory": give one of them another name option',
    ],
    [
      'with a negative time',
      { marginMs: -1 },
      'lambda: marginMs: expected a number of milliseconds, 0 or more, got -1',
    ],
  ] as const)('%s is refused when the function is loaded', (_, wrong, message) => {
    expect(() => lambda({ ...setup, ...wrong })).toThrow(message)
    expect(() => lambda(setup)).not.toThrow()
  })
})
