import { once } from 'node:events'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { CloudEvent, type CloudEventV1, type Headers, HTTP } from 'cloudevents'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { OptionError, run, servicePorts } from 'ecs-task-stream'
import {
  type DeliveredState,
  type DeadLetter,
  webhook,
  type WebhookOptions,
} from 'ecs-task-stream/sinks/webhook'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { backendOf, backendsOf, type SinkHarness, sinkContract } from 'ecs-task-stream/testing'
import { freePort } from '../support/free-port.js'
import { cluster, observed } from '../support/observed-task.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'
import { type WebhookReceiver, webhookReceiver, webhookSecret } from '../support/webhook-receiver.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()
const newPath = async () => join(await temporary(), 'delivered.json')
const { signal } = new AbortController()
const web = (...lasts: readonly number[]) =>
  backendsOf([
    backendOf(
      'web',
      lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80 })),
    ),
  ])

const sinkFor = (url: string, options: Partial<WebhookOptions> = {}) =>
  webhook({ url, secrets: [webhookSecret], allowHttp: true, ...options })

const receiver = async (secret?: string): Promise<WebhookReceiver> => {
  const made = await webhookReceiver(secret)
  onTestFinished(made.close)
  return made
}

const harness = async (cursorPath?: string): Promise<SinkHarness<DeliveredState>> => {
  const { url, requests, known, answerWith, close } = await webhookReceiver()
  return {
    sink: sinkFor(url, { cursorPath }),
    snapshot: () => Promise.resolve(new Map(known)),
    writes: () => requests.length,
    addresses: ({ endpoints }) => endpoints.map(({ address }) => address),
    failOn: (key) =>
      answerWith(({ data }) => (data.backend === key ? { uses: false, answer: 503 } : undefined)),
    ...(cursorPath === undefined ? {} : { another: () => sinkFor(url, { cursorPath }) }),
    dispose: close,
  }
}

// What was delivered is known to the worker alone, and the receiver says nothing of itself.
const lacks = ['tampering', 'foreign-rows', 'adoption', 'extras'] as const
sinkContract('webhook', () => harness(), { lacks: [...lacks, 'restart', 'races'], runs: contractRuns(30) })
sinkContract('webhook with a cursor', async () => harness(await newPath()), { lacks, runs: contractRuns(12) })

/** As the library of CloudEvents reads a request. It throws for what is no valid CloudEvent. */
const cloudEventIn = (headers: Headers, body: string): CloudEventV1<unknown> => {
  const event = HTTP.toEvent({ headers, body })
  if (Array.isArray(event)) throw new Error('a batch')
  return new CloudEvent({ ...event }, true)
}

describe('a request', () => {
  it('is a CloudEvent, as the library of others reads it', async () => {
    const { url, requests } = await receiver()
    await reconciled(sinkFor(url), web(1), true, 'ecs-task-stream/production')
    const [{ headers, body, method } = { headers: {}, body: '', method: '' }] = requests
    const event = cloudEventIn(headers, body)
    expect(method).toBe('POST')
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'io.github.ecs-task-stream.backend.state.v1',
      source: '/ecs-task-stream/ecs-task-stream%2Fproduction',
      subject: 'web',
      datacontenttype: 'application/json',
      data: { backend: 'web', exists: true, complete: true, endpoints: [{ address: '10.0.0.1:80' }] },
    })
    expect(event['sequence']).toMatch(/^\d{16}$/)
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
  })

  it('is signed so that the library of Standard Webhooks accepts it, and nothing that was changed', async () => {
    const { url, requests } = await receiver()
    await reconciled(sinkFor(url), web(1))
    const [{ headers, body } = { headers: {}, body: '' }] = requests
    const text = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    const theirs = new Webhook(webhookSecret)
    expect(theirs.verify(body, text)).toEqual(JSON.parse(body))
    expect(() => theirs.verify(body.replace('10.0.0.1', '10.0.0.2'), text)).toThrow()
    expect(() => theirs.verify(body, { ...text, 'webhook-id': 'another' })).toThrow()
    expect(() => theirs.verify(body, { ...text, 'webhook-timestamp': '1' })).toThrow()
  })

  it('is accepted by receivers that know the old secret, and by those that know the new one', async () => {
    const next = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
    for (const secret of [webhookSecret, next]) {
      const { url, requests, forged } = await receiver(secret)
      await reconciled(sinkFor(url, { secrets: [webhookSecret, next] }), web(1))
      expect([requests.length, forged()]).toEqual([1, 0])
    }
  })

  it('with another secret is refused, and the report says what to compare', async () => {
    const { url, forged } = await receiver()
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    expect(await reconciled(sinkFor(url, { secrets: [other] }), web(1))).toMatchObject([
      { _tag: 'Rejected', reason: expect.stringMatching(/401.*secrets/) as unknown },
    ])
    expect(forged()).toBe(1)
  })

  it('has the headers of the configuration', async () => {
    const { url, requests } = await receiver()
    await reconciled(sinkFor(url, { headers: { Authorization: 'Bearer abc' } }), web(1))
    expect(requests[0]?.headers.authorization).toBe('Bearer abc')
  })

  it('has no subject for a name that CloudEvents do not allow there, and is still one', async () => {
    const { url, requests } = await receiver()
    await reconciled(sinkFor(url), backendsOf([backendOf('we\nb', []), backendOf('ünï/😀', [])]))
    for (const { headers, body } of requests) {
      cloudEventIn(headers, body)
    }
    expect(requests.map(({ event }) => [event.data.backend, event.subject]).toSorted()).toEqual([
      ['we\nb', undefined],
      ['ünï/😀', 'ünï/😀'],
    ])
  })

  it('is the same, byte for byte, when the answer was lost', async () => {
    const { url, requests, answerWith } = await receiver()
    const sink = sinkFor(url)
    answerWith(() => ({ uses: true, answer: 'break' }))
    expect(await reconciled(sink, web(1))).toMatchObject([{ _tag: 'Failed' }])
    answerWith(() => undefined)
    expect(await reconciled(sink, web(1))).toMatchObject([{ _tag: 'Done' }])
    expect(requests).toHaveLength(2)
    expect(requests[1]?.body).toBe(requests[0]?.body)
    expect(requests[1]?.headers['webhook-id']).toBe(requests[0]?.event.id)
  })
})

describe('an answer', () => {
  it.each([
    [200, 'Done'],
    [202, 'Done'],
    [204, 'Done'],
    [301, 'Rejected'],
    [400, 'Rejected'],
    [401, 'Rejected'],
    [404, 'Rejected'],
    [408, 'Failed'],
    [409, 'Failed'],
    [410, 'Rejected'],
    [413, 'Rejected'],
    [422, 'Rejected'],
    [425, 'Failed'],
    [429, 'Failed'],
    [500, 'Failed'],
    [503, 'Failed'],
  ] as const)('of %d makes the change %s', async (status, tag) => {
    const { url, answerWith } = await receiver()
    answerWith(() => ({ uses: true, answer: status }))
    expect((await reconciled(sinkFor(url), web(1))).map(({ _tag }) => _tag)).toEqual([tag])
  })

  it('that redirects is not followed', async () => {
    const secret = await receiver()
    const { url, answerWith } = await receiver()
    answerWith(() => ({
      uses: false,
      answer: (response) => void response.writeHead(307, { location: secret.url }).end(),
    }))
    expect(await reconciled(sinkFor(url), web(1))).toMatchObject([
      { _tag: 'Rejected', reason: expect.stringContaining('give the URL that it leads to') as unknown },
    ])
    expect(secret.requests).toEqual([])
    expect(secret.forged()).toBe(0)
  })

  it('is shown by its status alone, and the URL by its origin', async () => {
    const { url, answerWith } = await receiver()
    answerWith(() => ({
      uses: false,
      answer: (response) => void response.writeHead(500).end('the password is hunter2'),
    }))
    const [outcome] = await reconciled(sinkFor(`${url}T0KEN?key=s3cret`), web(1))
    if (outcome?._tag !== 'Failed') throw new Error('it should have failed')
    expect(outcome.error.message).toBe(`${new URL(url).origin} answered 500`)
  })

  it('without an end is not read to its end', async () => {
    const { url, answerWith } = await receiver()
    let written = 0
    let isClosed = false
    answerWith(() => ({
      uses: true,
      answer: (response) => {
        response.writeHead(200)
        response.once('close', () => (isClosed = true))
        const more = (): void => {
          for (let room = true; room && !isClosed; written += 65_536)
            room = response.write(Buffer.alloc(65_536))
          response.once('drain', more)
        }
        more()
      },
    }))
    expect(await reconciled(sinkFor(url), web(1))).toMatchObject([{ _tag: 'Done' }])
    await vi.waitFor(() => expect(isClosed).toBe(true))
    // What fits into the buffers of both sides, not the gigabytes that it would write.
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  it.each([
    '\u0000\u0001garbage\r\n\r\n',
    'HTTP/1.1 two hundred\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nx',
    '',
  ])('that is no HTTP is a failure: %j', async (text) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(text))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=s3cret`
    const [outcome] = await reconciled(sinkFor(url), web(1))
    if (outcome?._tag !== 'Failed') throw new Error('it should have failed')
    expect(outcome.error.message).toMatch(/^cannot deliver to http:\/\/127\.0\.0\.1:\d+: /)
    expect(outcome.error.message).not.toMatch(/s3cret|garbage/)
  })

  it('that does not come is waited for as long as the option says', async () => {
    const clock = virtualClock(1_000)
    const { url, requests, answerWith } = await receiver()
    answerWith(() => ({ uses: false, answer: () => undefined }))
    const round = reconciled(sinkFor(url, { clock, timeoutMs: 7_000 }), web(1))
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    await clock.advance(7_000)
    expect(await round).toMatchObject([
      { error: { message: expect.stringContaining('within 7000 ms') as unknown } },
    ])
  })

  it('whose body stalls counts by its status', async () => {
    const clock = virtualClock(1_000)
    const { url, requests, answerWith } = await receiver()
    answerWith(() => ({ uses: true, answer: (response) => void response.writeHead(200).write('…') }))
    let isOver = false
    const round = reconciled(sinkFor(url, { clock }), web(1)).finally(() => (isOver = true))
    await vi.waitFor(() => expect(requests).toHaveLength(1))
    await vi.waitFor(async () => {
      await clock.advance(10_000)
      expect(isOver).toBe(true)
    })
    expect((await round).map(({ _tag }) => _tag)).not.toContain('Rejected')
  })

  it('of nobody says what is wrong, without the path', async () => {
    const [outcome] = await reconciled(sinkFor(`http://127.0.0.1:${await freePort()}/s3cret`), web(1))
    if (outcome?._tag !== 'Failed') throw new Error('it should have failed')
    expect(outcome.error.message).toMatch(/^cannot deliver to http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED$/)
  })
})

describe('Retry-After', () => {
  const asked = async (header: string) => {
    const clock = virtualClock(1_700_000_000_000)
    const { url, requests, answerWith } = await receiver()
    const sink = sinkFor(url, { clock })
    answerWith(() => ({
      uses: false,
      answer: (response) => void response.writeHead(429, { 'retry-after': header }).end(),
    }))
    expect(await reconciled(sink, web(1))).toMatchObject([{ _tag: 'Failed' }])
    answerWith(() => undefined)
    return { clock, requests, sink }
  }

  it.each([
    ['30', 30_000],
    ['3600', 60_000],
    [new Date(1_700_000_020_000).toUTCString(), 20_000],
  ])('of %s delays the next request, for a minute at most', async (header, waitMs) => {
    const { clock, requests, sink } = await asked(header)
    const round = reconciled(sink, web(1))
    await vi.waitFor(() => expect(clock.sleeping).toBeGreaterThan(0))
    await clock.advance(waitMs - 1)
    expect(requests).toHaveLength(1)
    await clock.advance(1)
    expect(await round).toMatchObject([{ _tag: 'Done' }])
  })

  it.each(['-5', 'soon', ''])('that says nothing useful delays nothing: %j', async (header) => {
    const { sink } = await asked(header)
    expect(await reconciled(sink, web(1))).toMatchObject([{ _tag: 'Done' }])
  })

  it('does not keep a worker that stops', async () => {
    const { requests, sink, clock } = await asked('30')
    const abort = new AbortController()
    const [before] = await sink.read(signal)
    const after = { complete: true, endpoints: [] }
    const change = { _tag: 'Update', key: 'web', before: before!, after } as const
    const round = sink.apply([change], 'worker', abort.signal)
    await vi.waitFor(() => expect(clock.sleeping).toBeGreaterThan(0))
    abort.abort()
    expect(await round).toMatchObject([{ _tag: 'Failed' }])
    expect(requests).toHaveLength(1)
  })
})

it('makes as many requests at a time as the option says, and all of them', async () => {
  const { url, requests, answerWith } = await receiver()
  const waiting: (() => void)[] = []
  let isFree = false
  answerWith(() => ({
    uses: true,
    answer: (response) => {
      if (isFree) response.writeHead(204).end()
      else waiting.push(() => void response.writeHead(204).end())
    },
  }))
  const many = backendsOf(Array.from({ length: 9 }, (_, i) => backendOf(`web-${i}`, [])))
  const round = reconciled(sinkFor(url, { concurrency: 3 }), many)
  await vi.waitFor(() => expect(waiting).toHaveLength(3))
  expect(requests).toHaveLength(3)
  isFree = true
  for (const answer of waiting) answer()
  expect(await round).toHaveLength(9)
  expect(requests).toHaveLength(9)
})

it('in a worker: gives a refused event up, writes its dead letter, and delivers everything else', async () => {
  const { url, known, answerWith } = await receiver()
  answerWith(({ data }) => (data.backend === 'api' ? { uses: false, answer: 422 } : undefined))
  const letters: DeadLetter[] = []
  const source = memorySource()
  const worker = run({
    sources: [source],
    expose: servicePorts(),
    clusters: [cluster],
    owner: 'us',
    sinks: [sinkFor(url, { deadLetter: (letter) => void letters.push(letter) })],
  })
  onTestFinished(() => worker.stop())
  const settled = source.push(
    { _tag: 'TaskChanged', task: observed({ id: 'a' }) },
    { _tag: 'TaskChanged', task: observed({ id: 'b', service: 'api', host: '10.0.0.2' }) },
  )
  // The refused event holds up no acknowledgement.
  expect(await settled).toBe('acked')
  expect(letters).toMatchObject([{ event: { owner: 'us', data: { backend: 'api' } } }])
  expect([...known.keys()]).toEqual(['web'])
})

it('in a worker: takes back what may have arrived although its answer was lost, once the cursor is read again', async () => {
  const { url, requests, known, answerWith } = await receiver()
  const source = memorySource()
  const worker = run({
    sources: [source],
    expose: servicePorts(),
    clusters: [cluster],
    sinks: [sinkFor(url)],
    resyncMs: 100,
  })
  onTestFinished(() => worker.stop())
  const second = (version: number, last: string) =>
    ({
      _tag: 'TaskChanged',
      task: observed({ id: 'b', host: '10.0.0.2', version, last, desired: last }),
    }) as const
  const servers = () => known.get('web')?.endpoints.map(({ address }) => address)
  await source.push({ _tag: 'TaskChanged', task: observed({ id: 'a' }) })
  answerWith(() => ({ uses: true, answer: 'break' }))
  void source.push(second(3, 'RUNNING'))
  await vi.waitFor(() => expect(servers()).toEqual(['10.0.0.1:32768', '10.0.0.2:32768']))
  void source.push(second(4, 'STOPPED'))
  const before = requests.length
  answerWith(() => undefined)
  await vi.waitFor(() => expect(servers()).toEqual(['10.0.0.1:32768']))
  expect(requests.length).toBeGreaterThan(before)
})

it.each<[string, Partial<WebhookOptions>]>([
  ['http without allowHttp', { url: 'http://example.com', allowHttp: false }],
  ['another scheme', { url: 'ftp://example.com' }],
  ['no URL', { url: 'example.com' }],
  ['a password in the URL', { url: 'https://u:hunter2@example.com' }],
  ['no secret', { secrets: [] }],
  ['a secret that is none', { secrets: ['hunter2'] }],
  ['a short secret', { secrets: [`whsec_${Buffer.alloc(8).toString('base64')}`] }],
  ['a header of its own', { headers: { 'Webhook-Id': 'x' } }],
  ['a header of two lines', { headers: { 'x-y': 'hunter2\r\nx: y' } }],
  ['no time', { timeoutMs: 0 }],
  ['no requests', { concurrency: 0 }],
])('refuses %s, without showing a secret', (_what, options) => {
  const make = (): unknown => sinkFor('https://example.com', options)
  expect(make).toThrow(OptionError)
  expect(make).not.toThrow(/hunter2/)
})

it('reads what it has delivered', async () => {
  const { url } = await receiver()
  const sink = sinkFor(url)
  await reconciled(sink, web(1))
  expect((await sink.read(signal)).map(({ key }) => key)).toEqual(['web'])
})
