/** `run` refuses a policy that needs more than its sources provide, and says what to add. */
import { OptionError, type Policy, prometheusExporters, run, servicePorts, SetupError } from 'ecs-task-stream'
import { type RunSetup, srvNames, traefikLabels } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sources/memory'
import { ecs } from 'ecs-task-stream/sources/ecs'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkSetup } from '../../src/core/run-setup.js'

const clusters = ['staging']
const snapshots = ecsSnapshots({ clusters })

const thrownBy = (body: () => unknown): unknown => {
  try {
    body()
    return undefined
  } catch (thrown) {
    return thrown
  }
}

const setup = (expose: Policy, sources: RunSetup['sources']): RunSetup => ({ sources, sinks: [], expose })

describe('a policy that needs definitions', () => {
  it.each([
    ['traefikLabels', traefikLabels()],
    ['srvNames', srvNames()],
    ['prometheusExporters', prometheusExporters()],
    ['one of your own', { ...servicePorts(), needs: 'definitions' } satisfies Policy],
  ])('is refused where no source provides them: %s', (_, expose) => {
    const error = thrownBy(() =>
      run({
        sources: [
          sqs({ queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events' }),
          snapshots,
          instanceAddresses(),
        ],
        sinks: [],
        expose,
      }),
    )
    expect(error).toBeInstanceOf(SetupError)
    expect(error).toMatchObject({
      code: 'missing-lookup',
      message: expect.stringContaining('add ecs({ clusters }) or taskDefinitions()') as string,
    })
  })

  it.each([
    ['ecs', [ecs({ clusters })]],
    ['taskDefinitions', [snapshots, taskDefinitions()]],
    ['a source of events that may tell of them', [memory()]],
  ])('is taken with %s', (_, sources) => {
    expect(thrownBy(() => checkSetup(setup(traefikLabels(), sources)))).toBeUndefined()
  })

  it('is taken with no source at all, which misses nothing', () => {
    const worker = run(setup(traefikLabels(), []))
    onTestFinished(() => worker.stop())
  })
})

it.each(['none', 'bindings', undefined] as const)(
  'a policy that needs %s is taken with snapshots alone',
  (needs) => {
    const expose: Policy = { expose: servicePorts().expose, ...(needs === undefined ? {} : { needs }) }
    expect(thrownBy(() => checkSetup(setup(expose, [snapshots])))).toBeUndefined()
  },
)

describe('the code of an error', () => {
  it.each([
    ['duplicate-name', setup(servicePorts(), [snapshots, snapshots])],
    ['ambiguous-identity', setup(servicePorts(), [snapshots, ecs({ clusters })])],
    ['missing-lookup', setup(traefikLabels(), [snapshots])],
    [
      'missing-snapshots',
      { ...setup(servicePorts(), [memory()]), ack: 'folded', clusters } satisfies RunSetup,
    ],
  ])('%s', (code, contradictory) => {
    expect(thrownBy(() => run(contradictory))).toMatchObject({ name: 'SetupError', code })
  })

  it.each([
    ['a source', () => ecsSnapshots({ clusters, intervalMs: 0 })],
    ['a queue URL', () => sqs({ queueUrl: 'queue' })],
    ['a policy', () => traefikLabels({ constraints: 'Label(' })],
    ['a template', () => traefikLabels({ defaultRule: '{{ nothing }}' })],
  ])('invalid-option: %s', (_, make) => {
    const thrown = thrownBy(make)
    expect(thrown).toBeInstanceOf(OptionError)
    // Whoever caught them before goes on to.
    expect(thrown).toBeInstanceOf(RangeError)
    expect(thrown).toMatchObject({ code: 'invalid-option' })
  })
})
