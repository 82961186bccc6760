import { ApiFailure } from '../aws-api/api-failure.js'
import {
  type AwsInput,
  type AwsOperations,
  type AwsOutput,
  page,
  record,
  records,
  text,
  texts,
} from '../aws-api/aws-request.js'

interface Service {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly namespace: string
  readonly instances: Map<string, Instance>
}

interface Instance {
  readonly id: string
  readonly number: number
  readonly attributes: AwsInput
}

const limits = { perService: 1_000, perNamespace: 2_000, attributes: 30, key: 255, value: 1_024 }

const arnOf = (id: string): string => `arn:aws:servicediscovery:us-east-1:123456789012:service/${id}`

const invalid = (message: string): ApiFailure => new ApiFailure('InvalidInput', message)

/** The namespaces, services and instances of one account. */
export class CloudMapAccount {
  readonly #namespaces = new Set<string>()
  readonly #services = new Map<string, Service>()
  readonly #tags = new Map<string, Map<string, string>>()
  /** How often each operation must still be asked for. */
  readonly #operations = new Map<string, number>()
  #number = 0

  services(): readonly { readonly id: string; readonly name: string }[] {
    return [...this.#services.values()]
  }

  answer(operation: string, input: AwsInput): AwsOutput {
    const answering = this.#answers[operation]
    if (answering === undefined)
      throw new ApiFailure('UnknownOperationException', `There is no ${operation}.`)
    return answering(input)
  }

  readonly #answers: AwsOperations = {
    CreateHttpNamespace: () => {
      const id = `ns-${this.#next()}`
      this.#namespaces.add(id)
      return { OperationId: this.#operation(), NamespaceId: id }
    },
    ListNamespaces: () => ({ Namespaces: [...this.#namespaces].map((Id) => ({ Id, Type: 'HTTP' })) }),
    CreateService: (input) => {
      const namespace = text(input, 'NamespaceId') ?? ''
      const name = text(input, 'Name') ?? ''
      this.#checkNamespace(namespace)
      const number = this.#next()
      const service = { id: `srv-${number}`, number, name, namespace, instances: new Map<string, Instance>() }
      this.#services.set(service.id, service)
      return { Service: { Id: service.id, Arn: arnOf(service.id), Name: name } }
    },
    ListServices: (input) => {
      const [filter] = records(input, 'Filters')
      const [namespace = ''] = filter === undefined ? [] : texts(filter, 'Values')
      const all = [...this.#services.values()].filter((service) => service.namespace === namespace)
      const { items, nextToken } = page(
        all,
        ({ number }) => number,
        text(input, 'NextToken'),
        this.#size(input),
      )
      return {
        Services: items.map(({ id, name }) => ({ Id: id, Arn: arnOf(id), Name: name })),
        NextToken: nextToken,
      }
    },
    ListInstances: (input) => {
      const all = [...this.#service(input).instances.values()]
      const { items, nextToken } = page(
        all,
        ({ number }) => number,
        text(input, 'NextToken'),
        this.#size(input),
      )
      return {
        Instances: items.map(({ id, attributes }) => ({ Id: id, Attributes: attributes })),
        NextToken: nextToken,
      }
    },
    RegisterInstance: (input) => {
      const service = this.#service(input)
      const id = text(input, 'InstanceId') ?? ''
      const attributes = record(input, 'Attributes')
      if (!/^[0-9a-zA-Z_/:.@-]{1,64}$/.test(id)) throw invalid(`The instance id ${id} is invalid.`)
      if (Object.keys(attributes).length > limits.attributes) throw invalid('More than 30 attributes.')
      for (const [key, value] of Object.entries(attributes))
        if (key.length > limits.key || String(value).length > limits.value) throw invalid(`Too long: ${key}.`)
      const number = service.instances.get(id)?.number
      if (number === undefined) this.#checkRoom(service)
      service.instances.set(id, { id, number: number ?? this.#next(), attributes })
      return { OperationId: this.#operation() }
    },
    DeregisterInstance: (input) => {
      const id = text(input, 'InstanceId') ?? ''
      if (!this.#service(input).instances.delete(id))
        throw new ApiFailure('InstanceNotFound', `There is no instance ${id}.`)
      return { OperationId: this.#operation() }
    },
    GetOperation: (input) => {
      const id = text(input, 'OperationId') ?? ''
      const left = this.#operations.get(id)
      if (left === undefined) throw new ApiFailure('OperationNotFound', `There is no operation ${id}.`)
      this.#operations.set(id, left - 1)
      return { Operation: { Id: id, Status: left > 1 ? 'PENDING' : 'SUCCESS' } }
    },
    ListTagsForResource: (input) => ({
      Tags: [...(this.#tags.get(text(input, 'ResourceARN') ?? '') ?? [])].map(([Key, Value]) => ({
        Key,
        Value,
      })),
    }),
    TagResource: (input) => {
      const arn = text(input, 'ResourceARN') ?? ''
      const tags = this.#tags.get(arn) ?? new Map<string, string>()
      for (const tag of records(input, 'Tags')) tags.set(text(tag, 'Key') ?? '', text(tag, 'Value') ?? '')
      this.#tags.set(arn, tags)
      return {}
    },
  }

  #next(): number {
    return ++this.#number
  }

  #operation(): string {
    const id = `operation-${this.#next()}`
    this.#operations.set(id, 2)
    return id
  }

  #size(input: AwsInput): number {
    const size = input['MaxResults']
    return typeof size === 'number' ? size : 100
  }

  #service(input: AwsInput): Service {
    const service = this.#services.get(text(input, 'ServiceId') ?? '')
    if (service === undefined) throw new ApiFailure('ServiceNotFound', 'There is no such service.')
    return service
  }

  #checkNamespace(id: string): void {
    if (!this.#namespaces.has(id)) throw new ApiFailure('NamespaceNotFound', `There is no namespace ${id}.`)
  }

  #checkRoom({ namespace, instances }: Service): void {
    const all = [...this.#services.values()].filter((service) => service.namespace === namespace)
    const total = all.reduce((sum, service) => sum + service.instances.size, 0)
    if (instances.size >= limits.perService || total >= limits.perNamespace)
      throw new ApiFailure('ResourceLimitExceeded', 'The instance quota is reached.')
  }
}
