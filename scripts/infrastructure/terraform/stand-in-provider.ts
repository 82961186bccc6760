/**
 * Stands in for Terraform's AWS provider, with the real one's schemas: it accepts what has the right arguments and types,
 * and calls nobody. What AWS would choose follows from the name, so that a plan can be applied and looked at.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Block, schemaOf } from './schemas.js'

type Value = unknown
type Values = Readonly<Record<string, Value>>

interface Dynamic {
  readonly msgpack?: Uint8Array
}

interface Call {
  readonly request: Readonly<Record<string, Dynamic & string>>
}

type Answer = (error: null, answer: object) => void

/** The members of the three packages that are used. They are not among the project's own dependencies. */
interface Grpc {
  readonly Server: new () => {
    addService(service: unknown, handlers: Readonly<Record<string, unknown>>): void
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void
    forceShutdown(): void
  }
  readonly ServerCredentials: { readonly createInsecure: () => unknown }
  loadPackageDefinition(definition: unknown): {
    readonly tfplugin5: { readonly Provider: { readonly service: unknown } }
  }
}

interface ProtoLoader {
  readonly loadSync: (file: string, options: object) => unknown
}

interface MessagePack {
  readonly encode: (value: Value) => Uint8Array
  readonly decode: (bytes: Uint8Array) => Value
  readonly ExtData: new (type: number, data: Uint8Array) => unknown
}

export interface StandIn {
  /** For the environment variable TF_REATTACH_PROVIDERS. */
  readonly reattach: string
  close(): void
}

export interface StandInOptions {
  /** The folder with the installed packages. */
  readonly packages: string
  /** The folder with the unpacked bindings. */
  readonly bindings: string
  readonly resources: readonly string[]
  /** The answers of data sources, by their type. */
  readonly data: Readonly<Record<string, Values>>
}

const encodedType = (type: unknown): Uint8Array => Buffer.from(JSON.stringify(type))

const blockMessage = ({ attributes, blocks }: Block): object => ({
  attributes: attributes.map((attribute) => ({ ...attribute, type: encodedType(attribute.type) })),
  block_types: blocks.map(({ name, isRequired, isSingle, block }) => ({
    type_name: name,
    block: blockMessage(block),
    nesting: 2,
    min_items: isRequired ? 1 : 0,
    max_items: isSingle ? 1 : 0,
  })),
})

/** What AWS chooses: unknown in a plan, and named after the resource once it is applied. */
const chosen = ['id', 'arn', 'url']

export const standInProvider = async ({
  packages,
  bindings,
  resources,
  data,
}: StandInOptions): Promise<StandIn> => {
  const load = createRequire(join(packages, 'package.json'))
  const grpc = load('@grpc/grpc-js') as Grpc
  const { loadSync } = load('@grpc/proto-loader') as ProtoLoader
  const { encode, decode, ExtData } = load('@msgpack/msgpack') as MessagePack

  const valueOf = ({ msgpack }: Dynamic): Value => (msgpack === undefined ? null : decode(msgpack))
  const dynamic = (value: Value): object => ({ msgpack: encode(value) })
  const unknown = new ExtData(0, new Uint8Array([0]))

  const schemas = new Map(resources.map((type) => [type, schemaOf(bindings, 'resource', type)]))
  const dataSchemas = new Map(Object.keys(data).map((type) => [type, schemaOf(bindings, 'data', type)]))
  const messages = (all: ReadonlyMap<string, Block>) =>
    Object.fromEntries([...all].map(([type, block]) => [type, { block: blockMessage(block) }]))

  const planned = (type: string, proposed: Values): Values => {
    const has = new Set(schemas.get(type)?.attributes.map(({ name }) => name))
    const open = chosen.filter((name) => has.has(name) && (proposed[name] ?? null) === null)
    return { ...proposed, ...Object.fromEntries(open.map((name) => [name, unknown])) }
  }
  const applied = (type: string, plan: Values): Values => {
    const given = plan['name'] ?? plan['family']
    const name = typeof given === 'string' ? given : 'nameless'
    return Object.fromEntries(
      Object.entries(plan).map(([key, value]) => [
        key,
        value instanceof ExtData ? `${key}:${type}.${name}` : value,
      ]),
    )
  }

  const fine = (_: Call, answer: Answer): void => answer(null, {})
  const server = new grpc.Server()
  server.addService(
    grpc.loadPackageDefinition(
      loadSync(fileURLToPath(new URL('provider.proto', import.meta.url)), { keepCase: true }),
    ).tfplugin5.Provider.service,
    {
      GetSchema: (_: Call, answer: Answer): void =>
        answer(null, {
          provider: {
            block: blockMessage({
              attributes: [
                { name: 'region', type: 'string', required: false, optional: true, computed: false },
              ],
              blocks: [],
            }),
          },
          resource_schemas: messages(schemas),
          data_source_schemas: messages(dataSchemas),
        }),
      PrepareProviderConfig: ({ request }: Call, answer: Answer): void =>
        answer(null, { prepared_config: request['config'] }),
      ValidateResourceTypeConfig: fine,
      ValidateDataSourceConfig: fine,
      Configure: fine,
      Stop: fine,
      UpgradeResourceState: ({ request }: Call, answer: Answer): void => {
        const raw = request['raw_state'] as unknown as { readonly json: Uint8Array }
        answer(null, { state: dynamic(JSON.parse(Buffer.from(raw.json).toString())) })
      },
      ReadResource: ({ request }: Call, answer: Answer): void =>
        answer(null, { state: request['current_state'] }),
      PlanResourceChange: ({ request }: Call, answer: Answer): void => {
        const proposed = valueOf(request['proposed_new_state'] ?? {}) as Values | null
        answer(null, {
          state: dynamic(proposed === null ? null : planned(request['type_name'] ?? '', proposed)),
        })
      },
      ApplyResourceChange: ({ request }: Call, answer: Answer): void => {
        const plan = valueOf(request['planned_state'] ?? {}) as Values | null
        answer(null, { state: dynamic(plan === null ? null : applied(request['type_name'] ?? '', plan)) })
      },
      ReadDataSource: ({ request }: Call, answer: Answer): void => {
        const config = valueOf(request['config'] ?? {}) as Values
        answer(null, { state: dynamic({ ...config, ...data[request['type_name'] ?? ''] }) })
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  const one = {
    Protocol: 'grpc',
    ProtocolVersion: 5,
    Pid: process.pid,
    Test: true,
    Addr: { Network: 'tcp', String: `127.0.0.1:${port}` },
  }
  return {
    reattach: JSON.stringify({
      'registry.terraform.io/hashicorp/aws': one,
      'registry.opentofu.org/hashicorp/aws': one,
    }),
    close: () => server.forceShutdown(),
  }
}
