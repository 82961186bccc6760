import {
  DeregisterInstanceCommand,
  GetOperationCommand,
  ListInstancesCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  RegisterInstanceCommand,
  type ServiceDiscoveryClient,
  TagResourceCommand,
} from '@aws-sdk/client-servicediscovery'
import { backoff } from '../../core/backoff.js'
import type { Clock, Random } from '../../core/clock.js'
import type { Owner } from '../../core/sink.js'
import { isTransient } from '../../shared/aws/aws-failure.js'
import type { TokenBucket } from '../../shared/aws/token-bucket.js'
import { cloudMapFailure } from './failure.js'
import type { ListedInstance } from './instance.js'

/** A service of the namespace. */
export interface CloudMapService {
  readonly id: string
  readonly arn: string
  readonly name: string
}

export interface RegistryOptions {
  readonly client: ServiceDiscoveryClient
  readonly namespaceId: string
  readonly calls: TokenBucket
  readonly clock: Clock
  readonly random: Random
}

const ownerTag = 'ecs-task-stream:owner'

/** How often a call is made that is throttled, or gets no answer. */
const mostAttempts = 5

/** How long to wait between two questions about an operation, at first and at most. */
const questions = { firstMs: 200, mostMs: 5_000 }

const isAgain = (thrown: unknown): boolean => {
  const name = thrown instanceof Error ? thrown.name : ''
  // Another operation for the same instance is under way.
  if (name === 'DuplicateRequest') return true
  // A quota, which its name makes look like throttling.
  return name !== 'ResourceLimitExceeded' && isTransient(thrown)
}

/** Cloud Map's API for one namespace. Calls wait for their turn, and are made again if they are throttled. */
export class CloudMapRegistry {
  constructor(private readonly options: RegistryOptions) {}

  async services(signal: AbortSignal): Promise<readonly CloudMapService[]> {
    const { client, namespaceId } = this.options
    const found: CloudMapService[] = []
    for (let token: string | undefined; ;) {
      const { Services = [], NextToken } = await this.call('ListServices', signal, (abortSignal) =>
        client.send(
          new ListServicesCommand({
            Filters: [{ Name: 'NAMESPACE_ID', Values: [namespaceId], Condition: 'EQ' }],
            MaxResults: 100,
            NextToken: token,
          }),
          { abortSignal },
        ),
      )
      for (const { Id: id, Arn: arn, Name: name } of Services)
        if (id !== undefined && arn !== undefined && name !== undefined) found.push({ id, arn, name })
      if (NextToken === undefined || NextToken === '') return found
      token = NextToken
    }
  }

  async instances({ id }: CloudMapService, signal: AbortSignal): Promise<readonly ListedInstance[]> {
    const found: ListedInstance[] = []
    for (let token: string | undefined; ;) {
      const { Instances = [], NextToken } = await this.call('ListInstances', signal, (abortSignal) =>
        this.options.client.send(
          new ListInstancesCommand({ ServiceId: id, MaxResults: 100, NextToken: token }),
          { abortSignal },
        ),
      )
      for (const { Id = '', Attributes = {} } of Instances) found.push({ id: Id, attributes: Attributes })
      if (NextToken === undefined || NextToken === '') return found
      token = NextToken
    }
  }

  async ownerOf({ arn }: CloudMapService, signal: AbortSignal): Promise<Owner | undefined> {
    const { Tags = [] } = await this.call('ListTagsForResource', signal, (abortSignal) =>
      this.options.client.send(new ListTagsForResourceCommand({ ResourceARN: arn }), { abortSignal }),
    )
    return Tags.find(({ Key }) => Key === ownerTag)?.Value
  }

  async claim({ arn }: CloudMapService, owner: Owner, signal: AbortSignal): Promise<void> {
    const command = new TagResourceCommand({ ResourceARN: arn, Tags: [{ Key: ownerTag, Value: owner }] })
    await this.call('TagResource', signal, (abortSignal) =>
      this.options.client.send(command, { abortSignal }),
    )
  }

  /** Resolves once it is done. An instance with this id is replaced. */
  async register({ id }: CloudMapService, instance: ListedInstance, signal: AbortSignal): Promise<void> {
    const command = new RegisterInstanceCommand({
      ServiceId: id,
      InstanceId: instance.id,
      Attributes: instance.attributes,
    })
    const { OperationId } = await this.call('RegisterInstance', signal, (abortSignal) =>
      this.options.client.send(command, { abortSignal }),
    )
    await this.done(OperationId, signal)
  }

  /** Resolves once it is done, or if there is no such instance. */
  async deregister({ id }: CloudMapService, instance: string, signal: AbortSignal): Promise<void> {
    const command = new DeregisterInstanceCommand({ ServiceId: id, InstanceId: instance })
    try {
      const { OperationId } = await this.call('DeregisterInstance', signal, (abortSignal) =>
        this.options.client.send(command, { abortSignal }),
      )
      await this.done(OperationId, signal)
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.cause : undefined
      if (!(cause instanceof Error && cause.name === 'InstanceNotFound')) throw thrown
    }
  }

  private async done(operation: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.options
    if (operation === undefined) return
    for (let wait = questions.firstMs; ; wait = Math.min(questions.mostMs, wait * 2)) {
      const { Operation } = await this.call('GetOperation', signal, (abortSignal) =>
        client.send(new GetOperationCommand({ OperationId: operation }), { abortSignal }),
      )
      if (Operation?.Status === 'SUCCESS') return
      if (Operation?.Status === 'FAIL') {
        const { ErrorCode = 'no code', ErrorMessage = 'no message' } = Operation
        throw new Error(`Cloud Map could not finish it: ${ErrorCode} (${ErrorMessage})`)
      }
      await clock.sleep(wait, signal)
      if (signal.aborted) throw new Error('aborted before Cloud Map had finished it')
    }
  }

  private async call<A>(
    action: string,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<A>,
  ): Promise<A> {
    const { calls, clock, random, namespaceId } = this.options
    for (let attempt = 0; ; attempt++) {
      if (!(await calls.take(1, signal))) throw new Error(`${action}: aborted before it was called`)
      try {
        return await send(signal)
      } catch (thrown) {
        if (signal.aborted || !isAgain(thrown) || attempt + 1 >= mostAttempts)
          throw cloudMapFailure(thrown, { action, namespaceId })
        await clock.sleep(backoff(attempt, random, { base: 200, cap: 5_000 }), signal)
      }
    }
  }
}
