import { OptionError } from 'ecs-task-stream'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2'
import { ListClustersCommand } from '@aws-sdk/client-ecs'
import { GetHostedZoneCommand } from '@aws-sdk/client-route-53'
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { route53Client } from '../../src/sinks/route53/client.js'
import { dynamoDbClient } from '../../src/shared/aws/dynamodb-client.js'
import { clientSettings, perPlace, sharedBuckets } from '../../src/shared/aws/aws-clients.js'
import { clientsByAccount } from '../../src/sources/ecs-api/clients/clients-by-account.js'
import { instanceClients } from '../../src/sources/ecs-api/clients/instance-clients.js'
import { sqsClient } from '../../src/sources/sqs/sqs-client.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'

const directory = temporaryDirectories()

/** What a request says of where it goes, and for which region it is signed. */
interface Seen {
  readonly host: string
  readonly region: string
}

/** Only what a test says, and nothing of this machine. */
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** As much of a client's handler as is replaced. */
interface Sendable {
  readonly config: { requestHandler: { handle(request: never): Promise<unknown> } }
}

/** Makes a call that does not reach the network; tells where it would have gone. */
const destination = async (client: Sendable, send: () => Promise<unknown>): Promise<Seen> => {
  const seen: Seen[] = []
  client.config.requestHandler.handle = (request: {
    readonly hostname: string
    readonly headers: Readonly<Record<string, string>>
  }) => {
    const [, region = ''] =
      /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers['authorization'] ?? '') ?? []
    seen.push({ host: request.hostname, region })
    return Promise.reject(new Error('seen'))
  }
  const failure = await send().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const [first] = seen
  if (first === undefined) throw failure
  return first
}

/** By service, what a client that we make asks in a region; empty: in that of the environment. */
const ways: Readonly<Record<string, (region: string) => Promise<Seen>>> = {
  ecs: async (region) => {
    const { ecs } = instanceClients({ region, account: '' })
    return destination(ecs, () => ecs.send(new ListClustersCommand({})))
  },
  ec2: async (region) => {
    const { ec2 } = instanceClients({ region, account: '' })
    const client = typeof ec2 === 'function' ? await ec2() : ec2
    return destination(client, () => client.send(new DescribeInstancesCommand({})))
  },
  ssm: async (region) => {
    const { ssm } = clientsByAccount()({ region, account: '123456789012' })
    const client = typeof ssm === 'function' ? await ssm() : ssm
    return destination(client, () => client.send(new DescribeInstanceInformationCommand({})))
  },
  sqs: async (region) => {
    const host = region === '' ? 'http://127.0.0.1:1' : plainQueue(region)
    const client = sqsClient(`${host}/123456789012/q`, 1)
    return destination(client, () =>
      client.send(new ReceiveMessageCommand({ QueueUrl: `${host}/123456789012/q` })),
    )
  },
  dynamodb: async (region) => {
    const client = dynamoDbClient(region)
    return destination(client, () => client.send(new DescribeTableCommand({ TableName: 't' })))
  },
  'route 53': async (region) => {
    const client = route53Client(region)
    return destination(client, () => client.send(new GetHostedZoneCommand({ Id: 'Z1' })))
  },
}

const plainQueue = (region: string): string =>
  `https://sqs.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : region.startsWith('eusc-') ? 'amazonaws.eu' : 'amazonaws.com'}`

const asked = async (region: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(ways).map(async ([name, way]) => {
        const seen = await way(region)
        return [name, `${seen.host} ${seen.region}`] as const
      }),
    ),
  )

describe('every client that is made by default', () => {
  it.each([
    {
      region: 'eu-west-1',
      env: {},
      expected: {
        ecs: 'ecs.eu-west-1.amazonaws.com eu-west-1',
        ec2: 'ec2.eu-west-1.amazonaws.com eu-west-1',
        ssm: 'ssm.eu-west-1.amazonaws.com eu-west-1',
        sqs: 'sqs.eu-west-1.amazonaws.com eu-west-1',
        dynamodb: 'dynamodb.eu-west-1.amazonaws.com eu-west-1',
        'route 53': 'route53.amazonaws.com us-east-1',
      },
    },
    {
      region: 'us-east-1',
      env: { AWS_USE_FIPS_ENDPOINT: 'true' },
      expected: {
        ecs: 'ecs-fips.us-east-1.amazonaws.com us-east-1',
        ec2: 'ec2-fips.us-east-1.amazonaws.com us-east-1',
        ssm: 'ssm-fips.us-east-1.amazonaws.com us-east-1',
        sqs: 'sqs-fips.us-east-1.amazonaws.com us-east-1',
        dynamodb: 'dynamodb-fips.us-east-1.amazonaws.com us-east-1',
        'route 53': 'route53-fips.amazonaws.com us-east-1',
      },
    },
    {
      region: 'eu-west-1',
      env: { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
      expected: {
        ecs: 'ecs.eu-west-1.api.aws eu-west-1',
        ec2: 'ec2.eu-west-1.api.aws eu-west-1',
        ssm: 'ssm.eu-west-1.api.aws eu-west-1',
        sqs: 'sqs.eu-west-1.api.aws eu-west-1',
        dynamodb: 'dynamodb.eu-west-1.api.aws eu-west-1',
        'route 53': 'route53.global.api.aws us-east-1',
      },
    },
    {
      region: 'us-east-1',
      env: { AWS_USE_FIPS_ENDPOINT: 'true', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
      expected: {
        ecs: 'ecs-fips.us-east-1.api.aws us-east-1',
        ec2: 'ec2-fips.us-east-1.api.aws us-east-1',
        ssm: 'ssm-fips.us-east-1.api.aws us-east-1',
        sqs: 'sqs-fips.us-east-1.api.aws us-east-1',
        dynamodb: 'dynamodb-fips.us-east-1.api.aws us-east-1',
        'route 53': 'route53-fips.global.api.aws us-east-1',
      },
    },
    {
      region: 'cn-north-1',
      env: {},
      expected: {
        ecs: 'ecs.cn-north-1.amazonaws.com.cn cn-north-1',
        ec2: 'ec2.cn-north-1.amazonaws.com.cn cn-north-1',
        ssm: 'ssm.cn-north-1.amazonaws.com.cn cn-north-1',
        sqs: 'sqs.cn-north-1.amazonaws.com.cn cn-north-1',
        dynamodb: 'dynamodb.cn-north-1.amazonaws.com.cn cn-north-1',
        'route 53': 'route53.amazonaws.com.cn cn-northwest-1',
      },
    },
    {
      region: 'eusc-de-east-1',
      env: {},
      expected: {
        ecs: 'ecs.eusc-de-east-1.amazonaws.eu eusc-de-east-1',
        ec2: 'ec2.eusc-de-east-1.amazonaws.eu eusc-de-east-1',
        ssm: 'ssm.eusc-de-east-1.amazonaws.eu eusc-de-east-1',
        sqs: 'sqs.eusc-de-east-1.amazonaws.eu eusc-de-east-1',
        dynamodb: 'dynamodb.eusc-de-east-1.amazonaws.eu eusc-de-east-1',
        'route 53': 'route53.amazonaws.eu eusc-de-east-1',
      },
    },
  ])('heeds $env in $region', async ({ region, env, expected }) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    expect(await asked(region)).toEqual(expected)
  })

  it('heeds what a configuration file says: region, FIPS and dual stack', async () => {
    const file = join(await directory(), 'config')
    await writeFile(
      file,
      '[profile blue]\nregion = us-gov-west-1\nuse_fips_endpoint = true\n[profile green]\nregion = eu-west-3\nuse_dualstack_endpoint = true\n',
    )
    const secrets = join(await directory(), 'credentials')
    const keys = 'aws_access_key_id = key\naws_secret_access_key = secret\n'
    await writeFile(secrets, `[blue]\n${keys}[green]\n${keys}`)
    vi.stubEnv('AWS_CONFIG_FILE', file)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', secrets)
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined)
    vi.stubEnv('AWS_PROFILE', 'blue')
    expect(await asked('')).toEqual({
      ecs: 'ecs-fips.us-gov-west-1.amazonaws.com us-gov-west-1',
      ec2: 'ec2.us-gov-west-1.amazonaws.com us-gov-west-1',
      ssm: 'ssm.us-gov-west-1.amazonaws.com us-gov-west-1',
      sqs: '127.0.0.1 us-gov-west-1',
      dynamodb: 'dynamodb.us-gov-west-1.amazonaws.com us-gov-west-1',
      'route 53': 'route53.us-gov.amazonaws.com us-gov-west-1',
    })
    expect((await ways['sqs']?.('us-gov-west-1'))?.host).toBe('sqs.us-gov-west-1.amazonaws.com')
    vi.stubEnv('AWS_PROFILE', 'green')
    expect(await asked('')).toMatchObject({
      ecs: 'ecs.eu-west-3.api.aws eu-west-3',
      'route 53': 'route53.global.api.aws us-east-1',
    })
    expect((await ways['sqs']?.('eu-west-3'))?.host).toBe('sqs.eu-west-3.api.aws')
  })

  it.each(['AWS_ENDPOINT_URL', 'each by its own variable', 'a configuration file'])(
    'asks the endpoint that the environment names, by %s',
    async (by) => {
      if (by === 'AWS_ENDPOINT_URL') vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.2:9')
      else if (by === 'a configuration file') {
        const file = join(await directory(), 'config')
        await writeFile(file, '[default]\nendpoint_url = http://127.0.0.2:9\n')
        vi.stubEnv('AWS_CONFIG_FILE', file)
      } else
        for (const service of ['ECS', 'EC2', 'SSM', 'SQS', 'DYNAMODB', 'ROUTE_53'])
          vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, 'http://127.0.0.2:9')
      const hosts = Object.values(await asked('eu-west-1')).map((seen) => seen.split(' ')[0])
      expect(new Set(hosts)).toEqual(new Set(['127.0.0.2']))
    },
  )

  it('has no region for Route 53: that of AWS is asked', async () => {
    const client = route53Client('')
    expect(await destination(client, () => client.send(new GetHostedZoneCommand({ Id: 'Z1' })))).toEqual({
      host: 'route53.amazonaws.com',
      region: 'us-east-1',
    })
  })

  it.each(['eu-west-1.evil.example', 'evil.example#', 's3-us-west-2', 'a@b', 'eu-west-1/', 'EU-WEST-1', 'x'])(
    'is not made for %j, which cannot be a region',
    (region) => {
      const message = `region: expected the name of an AWS region, such as eu-west-1, got "${region}"`
      expect(() => clientSettings({ region })).toThrow(new OptionError(message))
      expect(() => instanceClients({ region, account: '1' })).toThrow(RangeError)
      expect(() => route53Client(region)).toThrow(RangeError)
      expect(() => dynamoDbClient(region)).toThrow(RangeError)
    },
  )
})

describe('the client of a queue', () => {
  const hostFor = async (queueUrl: string, env: Readonly<Record<string, string>> = {}) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const client = sqsClient(queueUrl, 1, 'eu-south-1')
    const seen = await destination(client, () =>
      client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl })),
    )
    expect(warnings).not.toHaveBeenCalled()
    warnings.mockRestore()
    return `${seen.host} ${seen.region}`
  }
  const fips = { AWS_USE_FIPS_ENDPOINT: 'true' }
  const dual = { AWS_USE_DUALSTACK_ENDPOINT: 'true' }
  const url = (host: string) => `https://${host}/123456789012/tasks`

  it.each([
    ['sqs.us-west-2.amazonaws.com', {}, 'sqs.us-west-2.amazonaws.com us-west-2'],
    ['sqs.us-west-2.amazonaws.com', fips, 'sqs-fips.us-west-2.amazonaws.com us-west-2'],
    ['sqs.us-west-2.amazonaws.com', dual, 'sqs.us-west-2.api.aws us-west-2'],
    ['us-west-2.queue.amazonaws.com', {}, 'sqs.us-west-2.amazonaws.com us-west-2'],
    ['us-west-2.queue.amazonaws.com', fips, 'sqs-fips.us-west-2.amazonaws.com us-west-2'],
    ['queue.amazonaws.com', {}, 'sqs.us-east-1.amazonaws.com us-east-1'],
    ['sqs-fips.us-west-2.amazonaws.com', {}, 'sqs-fips.us-west-2.amazonaws.com us-west-2'],
    ['sqs-fips.us-west-2.amazonaws.com', dual, 'sqs-fips.us-west-2.api.aws us-west-2'],
    ['sqs.us-west-2.api.aws', {}, 'sqs.us-west-2.api.aws us-west-2'],
    ['sqs.us-west-2.api.aws', fips, 'sqs-fips.us-west-2.api.aws us-west-2'],
    ['vpce-1-2.sqs.us-west-2.vpce.amazonaws.com', {}, 'vpce-1-2.sqs.us-west-2.vpce.amazonaws.com us-west-2'],
    [
      'vpce-1-2.sqs.us-west-2.vpce.amazonaws.com',
      fips,
      'vpce-1-2.sqs.us-west-2.vpce.amazonaws.com us-west-2',
    ],
    ['queues.internal.example', dual, 'queues.internal.example eu-south-1'],
    ['localhost:4566', fips, 'localhost eu-south-1'],
    [
      'sqs.us-west-2.localhost.localstack.cloud:4566',
      {},
      'sqs.us-west-2.localhost.localstack.cloud us-west-2',
    ],
  ] as const)('with a queue at %s and %o asks %s, and prints nothing', async (host, env, expected) => {
    expect(await hostFor(url(host), env)).toBe(expected)
  })

  it.each([
    'sqs-fips.us-west-2.amazonaws.com',
    'sqs.us-west-2.api.aws',
    'vpce-1.sqs.us-west-2.vpce.amazonaws.com',
  ])(
    'over the wire, with a queue at %s, asks the endpoint of the environment for its region',
    async (host) => {
      const seen: string[] = []
      const server = createServer((request, response) => {
        seen.push(/Credential=([^,]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '')
        request
          .resume()
          .on('end', () =>
            response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}'),
          )
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      onTestFinished(() => {
        server.close()
      })
      vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
      const client = sqsClient(url(host), 1)
      onTestFinished(() => client.destroy())
      await client.send(new ReceiveMessageCommand({ QueueUrl: url(host) }))
      await client.send(new ReceiveMessageCommand({ QueueUrl: url(host) }))
      expect(seen).toHaveLength(2)
      for (const scope of seen) expect(scope).toMatch(/^key\/\d+\/us-west-2\/sqs\//)
    },
  )
})

describe('what is made once for each place', () => {
  const place = (n: number) => ({ region: `us-invented-${n % 100}`, account: String(n) })

  it('is made once, bounded, and ended when it is forgotten', () => {
    const made: number[] = []
    const ended: number[] = []
    const of = perPlace(
      ({ account }) => {
        made.push(Number(account))
        return { n: Number(account) }
      },
      ({ n }) => ended.push(n),
    )
    for (let n = 1; n <= 5_000; n++) {
      of(place(n))
      // Followed all the time.
      of(place(1))
    }
    expect(made).toHaveLength(5_000)
    expect(made.length - ended.length).toBe(64)
    expect(ended).not.toContain(1)
    of(place(5_000))
    expect(made).toHaveLength(5_000)
    of(place(2))
    expect(made).toHaveLength(5_001)
  })

  it('buckets too: the place that is followed keeps its own while 5,000 others are asked for', () => {
    const bucket = sharedBuckets({ burst: 1, perSecond: 1 })(virtualClock(0))
    const kept = bucket(place(1))
    for (let n = 2; n <= 5_000; n++) {
      bucket(place(n))
      expect(bucket(place(1))).toBe(kept)
    }
  })
})
