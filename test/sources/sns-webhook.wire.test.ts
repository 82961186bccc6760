import { once } from 'node:events'
import { connect } from 'node:net'
import { type Delivery, exposesNothing, type Notice, run } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sinks/memory'
import { snsWebhook, type SnsWebhookOptions } from 'ecs-task-stream/sources/sns-webhook'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { snsHttp, type SnsFields, type SnsHttp } from '../../sim/sns/sns-http.js'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { type Followed, followed, type Listening, listening, requested } from '../support/followed.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const minute = 60_000
const hour = 60 * minute

let clock: VirtualClock
let sns: SnsHttp
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  clock = virtualClock(start)
  sns = await snsHttp({ clock, signatureVersion: '2', retryMs: 0 })
  open.push(sns)
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const webhook = (options: Partial<SnsWebhookOptions> = {}) =>
  snsWebhook({ topics: [sns.topicArn], fetch: sns.fetch, clock, ...options })

const serving = async (
  options: Partial<SnsWebhookOptions> = {},
  take?: (delivery: Delivery) => void,
): Promise<Followed & Listening> => {
  const source = webhook(options)
  const server = await listening(source.listener)
  open.push(server)
  const following = followed(source, take)
  return Object.create(following, {
    url: { value: server.url },
    close: { value: server.close },
  }) as Followed & Listening
}

const event = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(ecsEvent(changes))

const hold = (): void => undefined

const warnings = (notices: readonly Notice[]): readonly string[] =>
  notices.flatMap((notice) => (notice._tag === 'Warning' ? [notice.message] : []))

describe('a notification', () => {
  it('is delivered, and answered 200 when it is acknowledged, not before', async () => {
    const { url, deliveries } = await serving({}, hold)
    let answered = false
    const answer = sns.post(url, sns.notification(event({ version: 7 }))).finally(() => (answered = true))
    await vi.waitUntil(() => deliveries.length === 1)
    expect(deliveries[0]?.events).toMatchObject([{ _tag: 'TaskChanged', task: { version: 7 } }])
    // Another request, there and back: an answer would have come with it.
    await fetch(url)
    expect(answered).toBe(false)
    deliveries[0]?.ack()
    expect(await answer).toEqual({ status: 200, text: 'applied', retryAfter: null })
  })

  it('that is nacked is answered 503, so that SNS sends it again', async () => {
    const { url } = await serving({}, (delivery) => delivery.nack(new Error('no')))
    expect(await sns.post(url, sns.notification(event()))).toMatchObject({
      status: 503,
      text: /retry/,
    })
  })

  it('that is not settled within twelve seconds is answered 503, and 200 once it was settled', async () => {
    const { url, deliveries } = await serving({}, hold)
    const fields = sns.notification(event())
    const first = sns.post(url, fields)
    await vi.waitUntil(() => deliveries.length === 1)
    await clock.advance(11_999)
    const again = sns.post(url, fields)
    await clock.advance(1)
    expect(await first).toMatchObject({ status: 503, retryAfter: null })
    deliveries[0]?.ack()
    expect((await again).status).toBe(200)
    // It had joined the first one.
    expect(deliveries).toHaveLength(1)
  })

  it('takes one place, in whatever form it is sent again', async () => {
    const { url, deliveries } = await serving({ maxInFlight: 2 }, hold)
    const message = event()
    const fields = sns.notification(message)
    const posts = [
      fields,
      { ...fields, padding: 'x' },
      { ...fields, UnsubscribeURL: '' },
      sns.notification(message),
    ]
    const answers = posts.map((each) => sns.post(url, each))
    await vi.waitUntil(() => deliveries.length === 1)
    const other = sns.post(url, sns.notification(event({ version: 99 })))
    await vi.waitUntil(() => deliveries.length === 2)
    for (const delivery of deliveries) delivery.ack()
    expect((await Promise.all([...answers, other])).map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200,
    ])
    expect(deliveries).toHaveLength(2)
  })

  it("with answer: 'folded' is answered as soon as it is delivered", async () => {
    const { url, deliveries } = await serving({ answer: 'folded' }, hold)
    expect(await sns.post(url, sns.notification(event()))).toMatchObject({ status: 200, text: 'folded' })
    expect(deliveries).toHaveLength(1)
  })

  it('of another kind is answered 200 and counted', async () => {
    const { url, notices, deliveries } = await serving()
    const other = JSON.stringify({ source: 'aws.ecs', 'detail-type': 'ECS Service Action', detail: {} })
    expect((await sns.post(url, sns.notification(other))).status).toBe(200)
    expect(notices).toEqual([{ _tag: 'Ignored', kind: 'aws.ecs/ECS Service Action', count: 1 }])
    expect(deliveries).toEqual([])
  })

  it('that is not an event is answered 400, which ends in the dead-letter queue, and reported', async () => {
    const { url, notices } = await serving()
    const fields = sns.notification('{"secret":"s3cr3t!"')
    const answer = await sns.post(url, fields)
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('not an ECS event') as string })
    expect(notices).toMatchObject([{ _tag: 'Undecodable', id: fields['MessageId'] }])
    expect(JSON.stringify([answer, notices])).not.toContain('s3cr3t')
    expect(await sns.publish(url, '{')).toBe('dead')
  })

  it('is understood whatever its content type, and with the headers of SNS or without', async () => {
    const { url, deliveries } = await serving()
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x', 'nonsense'])
      expect((await sns.post(url, sns.notification(event()), { 'content-type': type })).status).toBe(200)
    expect(deliveries).toHaveLength(4)
  })
})

describe('what is not from SNS, or not for us', () => {
  const refusal = async (
    fields: SnsFields,
    status: number,
    text: RegExp,
    headers?: Record<string, string>,
  ) => {
    const { url, deliveries, notices } = await serving()
    expect(await sns.post(url, fields, headers)).toMatchObject({
      status,
      text: expect.stringMatching(text) as string,
    })
    expect(deliveries).toEqual([])
    expect(notices).toMatchObject([{ message: expect.stringMatching(text) as string }])
  }

  it('is refused with 403 when its signature is another message’s', () =>
    refusal(
      { ...sns.notification(event()), Message: event({ version: 99 }) },
      403,
      /not that of this message/,
    ))

  it('is refused with 403 when the certificate is elsewhere, and nothing is asked for', async () => {
    for (const url of [
      'https://user:pw@sns.eu-west-1.amazonaws.com/a.pem',
      'https://sns.eu-west-1.amazonaws.com:8443/a.pem',
    ])
      await refusal(sns.notification(event(), { SigningCertURL: url }), 403, /SigningCertURL is not/)
    expect(sns.asked).toEqual([])
  })

  it('is refused with 403 when it is signed for another topic, whatever the header says', async () => {
    const other = 'arn:aws:sns:eu-west-1:123456789012:other'
    const fields = sns.notification(event(), { TopicArn: other })
    await refusal(fields, 403, /not one of `topics`/)
    await refusal(fields, 403, /not one of `topics`/, { 'x-amz-sns-topic-arn': sns.topicArn })
    await refusal({ ...fields, TopicArn: sns.topicArn }, 403, /not that of this message/)
    await refusal(sns.notification(event()), 403, /not one of `topics`/, { 'x-amz-sns-topic-arn': other })
  })

  it('is refused with 400 when header and message disagree, or the type is unknown', async () => {
    const headers = { 'x-amz-sns-message-type': 'SubscriptionConfirmation' }
    await refusal(sns.notification(event()), 400, /different types/, headers)
    await refusal(
      sns.signed({ ...sns.notification(event()), Type: 'Later', Signature: undefined }),
      400,
      /Type/,
    )
  })

  it('is answered 400, with every path, when it is not a message of SNS', async () => {
    const { url, notices } = await serving()
    expect(await sns.post(url, { Type: 'Notification', Message: 5 }, {})).toMatchObject({
      status: 400,
      text: expect.stringContaining('$.Message: expected string, got 5') as string,
    })
    expect(await requested(url, { body: 'Message=x' })).toMatchObject({ status: 400 })
    expect(await requested(url, { body: '' })).toMatchObject({ status: 400 })
    expect(await requested(url, { body: 'null' })).toMatchObject({ status: 400 })
    expect(notices.map(({ _tag }) => _tag)).toEqual(Array.from({ length: 4 }, () => 'Undecodable'))
  })

  it('is answered 400 when a header came twice, and 403 when a proxy has joined the two', async () => {
    const { url } = await serving()
    const body = JSON.stringify(sns.notification(event()))
    const topic = 'x-amz-sns-topic-arn'
    expect(await requested(url, { body, headers: { [topic]: [sns.topicArn, sns.topicArn] } })).toMatchObject({
      status: 400,
      text: `the header ${topic} came more than once`,
    })
    const joined = { [topic]: `${sns.topicArn}, ${sns.topicArn}` }
    expect((await requested(url, { body, headers: joined })).status).toBe(403)
  })

  it('is answered 405 by any other method, and says which one is right', async () => {
    const { url, notices } = await serving()
    const answer = await fetch(url, { method: 'PUT', body: 'x' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await fetch(url)).status).toBe(405)
    expect(notices).toEqual([])
  })
})

describe('topics given by a rule', () => {
  it('are 503 while it is not known which they are, then taken or refused', async () => {
    let ours: boolean | undefined
    const asked: string[] = []
    const { url } = await serving({
      topics: (topic) => {
        asked.push(topic)
        return ours
      },
    })
    const post = async () => (await sns.post(url, sns.notification(event()))).status
    expect(await post()).toBe(503)
    ours = false
    expect(await post()).toBe(403)
    ours = true
    expect(await post()).toBe(200)
    expect(new Set(asked)).toEqual(new Set([sns.topicArn]))
    const before = asked.length
    expect((await sns.post(url, sns.notification(event(), { TopicArn: 'no ARN' }))).status).toBe(403)
    expect(asked).toHaveLength(before)
  })
})

describe('the age of a message', () => {
  const at = (time: number) => sns.notification(event(), { Timestamp: new Date(time).toISOString() })

  it.each([
    ['is right when SNS tries for an hour', hour, 200, /applied/],
    ['may be an hour and five minutes, as clocks differ', hour + 5 * minute, 200, /applied/],
    ['ends it with 403 beyond that', hour + 5 * minute + 1, 403, /check this machine's clock/],
    ['may be less than nothing, as SNS has signed it', -30 * hour, 403, /not valid when/],
    ['may be less than nothing: the answer of SNS came before', -10 * hour, 200, /applied/],
  ])('%s', async (_name, age, status, text) => {
    const { url } = await serving()
    expect(await sns.post(url, at(start - age))).toMatchObject({
      status,
      text: expect.stringMatching(text) as string,
    })
  })

  it.each([-100 * 24 * hour, -3 * 24 * hour, -hour, 0, hour, 3 * 24 * hour, 100 * 24 * hour])(
    'comes from SNS and not from a clock that is off by %d ms, which is said once where it matters',
    async (offset) => {
      const { url, deliveries, notices } = await serving({
        clock: { now: () => clock.now() + offset, sleep: (ms, signal) => clock.sleep(ms, signal) },
      })
      expect((await sns.post(url, at(start))).status).toBe(200)
      expect((await sns.post(url, at(start - hour))).status).toBe(200)
      expect((await sns.post(url, at(start - 2 * hour))).status).toBe(403)
      expect(deliveries).toHaveLength(2)
      const said = warnings(notices).filter((message) => message.startsWith("this machine's clock"))
      expect(said).toHaveLength(offset === 0 ? 0 : 1)
    },
  )

  it('goes by the newest message, however long the worker runs and wherever its clock jumps', async () => {
    const time = { offset: 0 }
    const { url } = await serving({
      clock: { now: () => clock.now() + time.offset, sleep: (ms, signal) => clock.sleep(ms, signal) },
    })
    expect((await sns.post(url, at(start))).status).toBe(200)
    time.offset = -200 * 24 * hour
    await clock.advance(5 * hour)
    expect((await sns.post(url, at(start + 5 * hour))).status).toBe(200)
    expect((await sns.post(url, at(start))).status).toBe(403)
    time.offset = 200 * 24 * hour
    expect((await sns.post(url, at(start + 4 * hour))).status).toBe(200)
    expect((await sns.post(url, at(start))).status).toBe(403)
  })

  it('is judged by the clock of this machine until an answer of SNS has a date', async () => {
    const silent: SnsWebhookOptions['fetch'] = async (url, init) =>
      new Response(await (await sns.fetch(url, init)).text())
    const { url } = await serving({ fetch: silent })
    expect((await sns.post(url, at(start - 2 * hour))).status).toBe(403)
    expect((await sns.post(url, at(start))).status).toBe(200)
  })

  it('is not judged where nothing is verified', async () => {
    const { url } = await serving({ verify: 'off' })
    expect((await sns.post(url, at(0))).status).toBe(200)
  })

  it('cannot be judged without a valid Timestamp: the message is refused', async () => {
    const { url } = await serving()
    const fields = sns.notification(event(), { Timestamp: 'yesterday' })
    expect(await sns.post(url, fields)).toMatchObject({
      status: 400,
      text: 'the Timestamp is not a valid time',
    })
  })
})

describe('a body', () => {
  it.each([
    ['announced', { 'content-length': String(10 * 1024 * 1024) }],
    ['sent in pieces', { 'transfer-encoding': 'chunked' }],
  ])('of 10 MB, %s, is answered 413, and the connection survives', async (_name, headers) => {
    const { url, notices } = await serving()
    const body = 'x'.repeat(10 * 1024 * 1024)
    expect(await requested(url, { body, headers })).toEqual({
      status: 413,
      text: 'the body has more than 524288 bytes',
    })
    expect(warnings(notices)).toEqual(['answered 413: the body has more than 524288 bytes'])
    expect((await sns.post(url, sns.notification(event()))).status).toBe(200)
  })

  it('that is cut off delivers nothing, and holds nothing', async () => {
    const { url, deliveries } = await serving({ maxInFlight: 1 })
    const body = JSON.stringify(sns.notification(event()))
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 99)}`)
      await once(socket, 'connect')
      if (i % 2 === 0) socket.resetAndDestroy()
      else socket.resume().end()
      await once(socket, 'close')
    }
    expect(deliveries).toEqual([])
    expect((await sns.post(url, sns.notification(event()))).status).toBe(200)
    expect(deliveries).toHaveLength(1)
  })

  it('that never ends is answered 503 when time is up, and cut off five seconds later', async () => {
    const { url } = await serving()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{')
    await vi.waitUntil(() => clock.sleeping === 1)
    await clock.advance(12_000)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 /)
    await clock.advance(5_000)
    await once(socket, 'close')
  })

  it.each([
    ['80 of half a megabyte', 80, 500_000],
    ['1,500 of 40 kB', 1_500, 40_000],
    ['1,000 of nothing at all', 1_000, 0],
  ])('has room while %s are never finished', async (_name, count, bytes) => {
    const { url, deliveries, notices } = await serving()
    const part = Buffer.alloc(bytes, 'x')
    let sent = 0
    const sockets = Array.from({ length: count }, () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      // Those that are refused may be cut off while they still send.
      socket.on('error', () => undefined)
      socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 520000\r\n\r\n')
      socket.write(part, () => sent++)
      socket.on('data', (answer) => {
        expect(answer.toString()).toMatch(/^HTTP\/1.1 503 /)
      })
      return socket
    })
    await vi.waitUntil(() => sent === count)
    for (let i = 0; i < 5; i++)
      expect((await sns.post(url, sns.notification(event({ version: i + 1 })))).status).toBe(200)
    expect(deliveries).toHaveLength(5)
    const letGo = warnings(notices).filter((message) => message.includes('were dropped'))
    expect(letGo.length > 0).toBe(count * bytes > 24 * 1024 * 1024)
    for (const socket of sockets) socket.destroy()
  })

  it('has room while 100 large ones wait for a certificate that does not come', async () => {
    const { url } = await serving()
    expect((await sns.post(url, sns.notification(event()))).status).toBe(200)
    let asked = 0
    sns.respond = () => asked++
    const filler = 'x'.repeat(450_000)
    const forged = Array.from({ length: 100 }, (_, i) =>
      sns.post(
        url,
        sns.notification(filler, { SigningCertURL: `https://sns.eu-west-1.amazonaws.com/${i}.pem` }),
      ),
    )
    await vi.waitUntil(() => asked === 6)
    expect((await sns.post(url, sns.notification(event({ version: 2 })))).status).toBe(200)
    // Some may arrive only now: the time of each begins when it arrives.
    let answered = 0
    for (const answer of forged) void answer.then(() => answered++)
    while (answered < forged.length) await clock.advance(1_000)
    expect(new Set((await Promise.all(forged)).map(({ status }) => status))).toEqual(new Set([503]))
  })

  it('that a framework has read is taken from request.body, as text, bytes or JSON', async () => {
    const source = webhook()
    const following = followed(source)
    const parse: ((text: string) => unknown)[] = [
      String,
      (text) => Buffer.from(text),
      (text) => JSON.parse(text) as unknown,
    ]
    for (const parsed of parse) {
      const server = await listening((request, response) => {
        request.setEncoding('utf8')
        let text = ''
        request.on('data', (chunk: string) => (text += chunk))
        request.on('end', () => source.listener(Object.assign(request, { body: parsed(text) }), response))
      })
      open.push(server)
      expect((await sns.post(server.url, sns.notification(event()))).status).toBe(200)
    }
    expect(following.deliveries).toHaveLength(3)
  })

  it('that a framework has not read is read, even if it left an empty object for it', async () => {
    const source = webhook()
    followed(source)
    const server = await listening((request, response) =>
      source.listener(Object.assign(request, { body: {} }), response),
    )
    open.push(server)
    expect((await sns.post(server.url, sns.notification(event()))).status).toBe(200)
  })

  it('that a framework has read and lost is answered 500, with what to do', async () => {
    const source = webhook()
    followed(source)
    const server = await listening((request, response) => {
      request.resume().on('end', () => source.listener(request, response))
    })
    open.push(server)
    expect(await sns.post(server.url, sns.notification(event()))).toMatchObject({
      status: 500,
      text: 'the body has already been read: mount the webhook before any body parser',
    })
  })
})

describe('a subscription', () => {
  it('to one of the topics is confirmed at SNS', async () => {
    const { url, notices } = await serving()
    const fields = sns.confirmation()
    expect(await sns.post(url, fields)).toMatchObject({ status: 200, text: 'subscribed' })
    expect(sns.asked).toEqual([sns.certificateUrl, fields['SubscribeURL']])
    expect(notices).toEqual([{ _tag: 'Ignored', kind: 'sns/SubscriptionConfirmation', count: 1 }])
  })

  it.each([
    ['arn:aws-eusc:sns:eusc-de-east-1:123456789012:ecs-events', 'https://sns.eusc-de-east-1.amazonaws.eu'],
    ['arn:aws-cn:sns:cn-northwest-1:123456789012:ecs-events', 'https://sns.cn-northwest-1.amazonaws.com.cn'],
    ['arn:aws-iso:sns:us-iso-east-1:123456789012:ecs-events', 'https://sns.us-iso-east-1.c2s.ic.gov'],
  ])('to %s is confirmed at %s, and its notifications are taken', async (topicArn, host) => {
    sns = await snsHttp({ clock, topicArn, host, signatureVersion: '2' })
    open.push(sns)
    const { url, deliveries } = await serving()
    expect(await sns.post(url, sns.confirmation())).toMatchObject({ status: 200, text: 'subscribed' })
    expect(sns.asked.map((asked) => new URL(asked).origin)).toEqual([host, host])
    expect((await sns.post(url, sns.notification(event()))).status).toBe(200)
    expect(deliveries).toHaveLength(1)
  })

  it('is not confirmed at SNS in another partition or another region', async () => {
    const { url } = await serving({ verify: 'off' })
    for (const host of [
      'sns.eu-west-1.amazonaws.com.cn',
      'sns.us-east-1.amazonaws.com',
      'sns.eu-west-1.api.aws',
    ]) {
      const SubscribeURL = `https://${host}/?Action=ConfirmSubscription&TopicArn=${sns.topicArn}&Token=t`
      expect((await sns.post(url, sns.confirmation({ SubscribeURL }))).status).toBe(403)
    }
    expect(sns.asked).toEqual([])
  })

  it('to another topic is not', async () => {
    const { url } = await serving({ verify: 'off' })
    const TopicArn = 'arn:aws:sns:eu-west-1:123456789012:other'
    expect((await sns.post(url, sns.confirmation({ TopicArn }), {})).status).toBe(403)
    expect(sns.asked).toEqual([])
  })

  const query = '?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:ecs-events&Token=t'
  it.each([
    `http://169.254.169.254/latest/meta-data/${query}`,
    `https://internal.example/${query}`,
    `http://sns.eu-west-1.amazonaws.com/${query}`,
    `https://sns.eu-west-1.amazonaws.com:8443/${query}`,
    `https://user:pw@sns.eu-west-1.amazonaws.com/${query}`,
    `https://sns.eu-west-1.amazonaws.com@internal.example/${query}`,
    `https://sns.eu-west-1.amazonaws.com/${query}#a`,
    `https://sns.eu-west-1.amazonaws.com/${query}&Action=DeleteTopic`,
    'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:x',
    'https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic',
    undefined,
  ])('is not confirmed at %s, not even where nothing is verified', async (SubscribeURL) => {
    for (const verify of ['signature', 'off'] as const) {
      const { url, notices } = await serving({ verify })
      expect(await sns.post(url, sns.confirmation({ SubscribeURL }))).toMatchObject({
        status: 403,
        text: expect.stringContaining('it was not called') as string,
      })
      expect(warnings(notices).at(-1)).toContain('not called')
    }
    expect(sns.asked).toEqual([sns.certificateUrl])
  })

  it('is answered 503 when SNS cannot be asked, and where a redirect would lead is not asked', async () => {
    const { url, notices } = await serving({ verify: 'off' })
    for (const status of [302, 403, 500]) {
      sns.respond = (_request, response) =>
        response.writeHead(status, { location: 'http://169.254.169.254/' }).end()
      expect((await sns.post(url, sns.confirmation())).status).toBe(503)
    }
    expect(notices.slice(1)).toMatchObject(
      [302, 403, 500].map((status) => ({
        _tag: 'SourceFailed',
        operation: 'ConfirmSubscription',
        error: new Error(`SNS answered ${status}`),
      })),
    )
    expect(sns.asked).toHaveLength(3)
  })

  it('that was cancelled is reported, and not taken up again', async () => {
    const { url, notices } = await serving()
    const fields = sns.confirmation({ Type: 'UnsubscribeConfirmation' })
    expect((await sns.post(url, fields)).status).toBe(200)
    expect(warnings(notices)).toEqual([
      `the subscription to ${sns.topicArn} was cancelled: subscribe again if that was not intended`,
    ])
    expect(sns.asked).toEqual([sns.certificateUrl])
  })
})

describe('raw delivery', () => {
  const raw = (changes: Readonly<Record<string, string | string[]>> = {}) => ({
    body: event(),
    headers: {
      'content-type': 'text/plain; charset=UTF-8',
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-message-id': 'raw-id',
      'x-amz-sns-topic-arn': sns.topicArn,
      'x-amz-sns-rawdelivery': 'true',
      ...changes,
    },
  })

  it('is refused unless a secret is set', async () => {
    const { url, deliveries } = await serving({ verify: 'off' })
    expect(await requested(url, raw())).toMatchObject({
      status: 403,
      text: expect.stringContaining('turn it off for the subscription') as string,
    })
    expect(deliveries).toEqual([])
  })

  it('is taken from who knows one of the secrets', async () => {
    const secrets = ['old', 'new']
    const { url, deliveries, notices } = await serving({ secrets, secretHeader: 'X-Origin-Secret' })
    for (const secret of secrets)
      expect((await requested(url, raw({ 'x-origin-secret': secret }))).status).toBe(200)
    expect(deliveries).toHaveLength(2)
    for (const secret of ['', 'olD', 'old, new', 'older'])
      expect((await requested(url, raw({ 'x-origin-secret': secret }))).status).toBe(403)
    expect((await requested(url, raw())).status).toBe(403)
    expect((await requested(url, raw({ 'x-origin-secret': ['old', 'old'] }))).status).toBe(400)
    const other = { 'x-origin-secret': 'new', 'x-amz-sns-topic-arn': 'arn:aws:sns:eu-west-1:123456789012:x' }
    expect((await requested(url, raw(other))).status).toBe(403)
    expect(deliveries).toHaveLength(2)
    expect((await requested(url, { ...raw({ 'x-origin-secret': 'new' }), body: '{' })).status).toBe(400)
    expect(notices.at(-1)).toMatchObject({ _tag: 'Undecodable', id: 'raw-id' })
  })

  it('asks SNS for the password of its URL, where that is the secret', async () => {
    const secret = `Basic ${Buffer.from('user:password').toString('base64')}`
    const { url } = await serving({ secrets: [secret] })
    const asked = await fetch(url, {
      method: 'POST',
      ...raw(),
      headers: raw().headers as Record<string, string>,
    })
    expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
      401,
      'Basic realm="ecs-task-stream"',
    ])
    expect((await requested(url, raw({ authorization: secret }))).status).toBe(200)
  })
})

describe('without verification', () => {
  it('every sender that reaches it is believed, and that is said at the start', async () => {
    const { url, deliveries, notices } = await serving({ verify: 'off' })
    expect(warnings(notices)).toEqual([expect.stringContaining("verify: 'off'")])
    const unsigned = {
      ...sns.notification(event()),
      Signature: undefined,
      SigningCertURL: 'http://localhost',
    }
    expect((await sns.post(url, unsigned)).status).toBe(200)
    expect(deliveries).toHaveLength(1)
    expect(sns.asked).toEqual([])
  })
})

describe('when SNS’s certificate cannot be had', () => {
  it('messages are answered 503 and come again; nothing is lost', async () => {
    const { url, deliveries, notices } = await serving()
    sns.respond = (_request, response) => response.writeHead(500).end()
    const fields = sns.notification(event())
    expect((await sns.post(url, fields)).status).toBe(503)
    expect(notices).toMatchObject([{ _tag: 'SourceFailed', operation: 'GET SigningCertURL' }])
    sns.respond = undefined
    await clock.advance(10_000)
    expect((await sns.post(url, fields)).status).toBe(200)
    expect(deliveries).toHaveLength(1)
  })
})

describe('a flood while the sink is down', () => {
  it('is held up to the bound and refused beyond it, said once, and all of it arrives in the end', async () => {
    const held: Delivery[] = []
    let down = true
    const { url, notices, deliveries } = await serving({ maxInFlight: 10 }, (delivery) => {
      if (down) held.push(delivery)
      else delivery.ack()
    })
    const all = Array.from({ length: 200 }, (_, i) => sns.notification(event({ version: i + 1 })))
    const statuses: number[] = []
    const first = all.map((fields) =>
      sns.post(url, fields).then((answer) => {
        statuses.push(answer.status)
        if (answer.status === 503 && answer.retryAfter === null) expect(answer.text).toContain('not applied')
        return answer
      }),
    )
    await vi.waitUntil(() => statuses.length === 190)
    expect(new Set(statuses)).toEqual(new Set([503]))
    expect(held).toHaveLength(10)
    expect(warnings(notices)).toEqual([expect.stringContaining('10 deliveries are unsettled')])
    down = false
    for (const delivery of held) delivery.ack()
    const answers = await Promise.all(first)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    expect(answers.filter(({ retryAfter }) => retryAfter === '2')).toHaveLength(190)
    // SNS tries again, four at a time.
    const again = all.filter((_, i) => answers[i]?.status !== 200)
    while (again.length > 0)
      for (const { status } of await Promise.all(again.splice(0, 4).map((fields) => sns.post(url, fields))))
        expect(status).toBe(200)
    const versions = deliveries.flatMap(({ events }) =>
      events.flatMap((one) => (one._tag === 'TaskChanged' ? [one.task.version] : [])),
    )
    expect(new Set(versions).size).toBe(200)
  })
})

describe('the end', () => {
  it('answers 503 to what comes after the stop, and completes when the rest is settled and answered', async () => {
    const source = webhook()
    const server = await listening(source.listener)
    open.push(server)
    expect(await sns.post(server.url, sns.notification(event()))).toMatchObject({
      status: 503,
      retryAfter: '2',
    })
    const following = followed(source, hold)
    const held = sns.post(server.url, sns.notification(event()))
    await vi.waitUntil(() => following.deliveries.length === 1)
    following.stop()
    expect((await sns.post(server.url, sns.notification(event()))).status).toBe(503)
    expect(following.completed).toBe(false)
    following.deliveries[0]?.ack()
    expect((await held).status).toBe(200)
    await vi.waitUntil(() => following.completed)
    expect(following.deliveries).toHaveLength(1)
  })

  it('answers 503 to all who wait when it is unsubscribed', async () => {
    const { url, deliveries, unsubscribe } = await serving({}, hold)
    const all = [1, 2, 3].map((version) => sns.post(url, sns.notification(event({ version }))))
    await vi.waitUntil(() => deliveries.length === 3)
    unsubscribe()
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([503, 503, 503])
  })
})

describe('a worker', () => {
  it('follows a topic: confirms, applies, and answers when the sink has it', async () => {
    const source = snsWebhook({ topics: [sns.topicArn], fetch: sns.fetch, clock })
    const server = await listening(source.listener)
    open.push(server)
    const sink = memory()
    const worker = run({
      sources: [source],
      sinks: [sink],
      expose: { expose: () => exposesNothing },
    })
    await vi.waitUntil(async () => (await sns.post(server.url, sns.confirmation())).status === 200)
    expect(await sns.publish(server.url, event())).toBe('delivered')
    await worker.stop()
    expect((await sns.post(server.url, sns.notification(event()))).status).toBe(503)
  })
})

describe('options', () => {
  it.each([
    [{ topics: [] }, /topics: expected ARNs .*, got none/],
    [{ topics: ['ecs-events'] }, /got "ecs-events"/],
    [{ topics: ['arn:aws:sns:cn-north-1:123456789012:ecs-events'] }, /got "arn:aws:sns:cn-north-1/],
    [{ answerWithinMs: 0 }, /answerWithinMs: expected a whole number/],
    [{ maxInFlight: 0.5 }, /maxInFlight: expected/],
    [{ maxBodyBytes: -1 }, /maxBodyBytes: expected/],
    [{ maxAgeMs: NaN }, /maxAgeMs: expected/],
    [{ secrets: [] }, /secrets: expected/],
    [{ secrets: [''] }, /secrets: expected/],
    [{ secrets: ['x'], secretHeader: 'no header' }, /secretHeader: expected the name of a header/],
  ] as const)('%j is refused at once', (options, reason) => {
    expect(() => webhook(options)).toThrow(reason)
  })
})
