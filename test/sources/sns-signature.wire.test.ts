import { generateKeyPairSync } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { decodeSnsMessage, snsSignature, type SnsMessage } from 'ecs-task-stream/sources/sns-signature'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { selfSignedCertificate } from '../../sim/sns/self-signed-certificate.js'
import { signingKeys } from '../../sim/sns/signing-keys.js'
import { type SnsFields, snsHttp, type SnsHttp } from '../../sim/sns/sns-http.js'
import { signedText } from '../../src/sources/webhooks/sns-message.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const hour = 3_600_000

let clock: VirtualClock
let sns: SnsHttp
let verify: ReturnType<typeof snsSignature>
beforeEach(async () => {
  clock = virtualClock(start)
  sns = await snsHttp({ clock })
  verify = snsSignature({ fetch: sns.fetch, clock })
})
afterEach(() => sns.close())

const message = (fields: SnsFields): SnsMessage =>
  E.getOrElse<unknown, SnsMessage>(() => {
    throw new Error('the test sends no message of SNS')
  })(decodeSnsMessage(JSON.stringify(fields)))

const verifyFields = (fields: SnsFields) => verify(message(fields))

const forged = (reason: RegExp) => ({ _tag: 'Forged', reason: expect.stringMatching(reason) as string })

describe('the text that SNS signs', () => {
  it('consists of six fields of a notification, in order, with the subject only if there is one', () => {
    const fields = {
      Type: 'Notification',
      MessageId: 'an-id',
      TopicArn: 'arn:aws:sns:us-east-1:123456789012:MyTopic',
      Message: 'two\nlines',
      Timestamp: '2012-04-25T21:49:25.719Z',
      SignatureVersion: '1',
      Token: 'of no concern',
    }
    const rest = 'Timestamp\n2012-04-25T21:49:25.719Z\nTopicArn\narn:aws:sns:us-east-1:123456789012:MyTopic\n'
    expect(signedText(message(fields))).toBe(
      `Message\ntwo\nlines\nMessageId\nan-id\n${rest}Type\nNotification\n`,
    )
    expect(signedText(message({ ...fields, Subject: 'A subject' }))).toBe(
      `Message\ntwo\nlines\nMessageId\nan-id\nSubject\nA subject\n${rest}Type\nNotification\n`,
    )
    expect(signedText(message({ ...fields, Subject: null }))).not.toContain('Subject')
  })

  it('has of a confirmation the URL and the token, and no subject', () => {
    const fields = {
      Type: 'UnsubscribeConfirmation',
      MessageId: 'an-id',
      TopicArn: 'a-topic',
      Message: 'words',
      Timestamp: 'now',
      Token: 'a-token',
      SubscribeURL: 'a-url',
      Subject: 'of no concern',
    }
    expect(signedText(message(fields))).toBe(
      'Message\nwords\nMessageId\nan-id\nSubscribeURL\na-url\nTimestamp\nnow\nToken\na-token\nTopicArn\na-topic\nType\nUnsubscribeConfirmation\n',
    )
  })
})

describe('a signature of SNS', () => {
  it.each(['1', '2'])('of version %s is genuine, of notifications and of confirmations', async (version) => {
    const changes = { SignatureVersion: version }
    expect(await verifyFields(sns.notification('{"ä":"…"}', changes))).toEqual({ _tag: 'Genuine' })
    expect(await verifyFields(sns.notification('', { ...changes, Subject: 'S' }))).toEqual({
      _tag: 'Genuine',
    })
    expect(await verifyFields(sns.confirmation(changes))).toEqual({ _tag: 'Genuine' })
  })

  it('covers every field that says anything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Token', 'SubscribeURL'),
        fc.boolean(),
        fc.string({ minLength: 1 }),
        async (field, confirmation, more) => {
          const whole: SnsFields = confirmation
            ? sns.confirmation()
            : sns.notification('{}', { Subject: 'S' })
          if (typeof whole[field] !== 'string') return
          expect(await verifyFields({ ...whole, [field]: `${whole[field]}${more}` })).toEqual(
            forged(/signature is not that of this message/),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is invalid if it is of another version or key, malformed or absent', async () => {
    const whole = sns.notification('{}')
    const other = await snsHttp({ clock, keys: signingKeys() })
    await other.close()
    expect(await verifyFields({ ...whole, SignatureVersion: '2' })).toEqual(forged(/signature/))
    expect(await verifyFields(other.notification('{}'))).toEqual(forged(/signature/))
    expect(await verifyFields({ ...whole, Signature: '' })).toEqual(forged(/signature/))
    expect(await verifyFields({ ...whole, Signature: '~not base64~' })).toEqual(forged(/signature/))
    expect(await verifyFields({ ...whole, Signature: undefined })).toEqual(forged(/no Signature/))
    expect(await verifyFields({ ...whole, SignatureVersion: '3' })).toEqual(forged(/neither 1 nor 2/))
    expect(await verifyFields({ ...whole, SignatureVersion: undefined })).toEqual(forged(/neither 1 nor 2/))
  })
})

describe('the URL of a certificate', () => {
  it.each([
    'http://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com:443/a.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/a.pem',
    'https://user@sns.eu-west-1.amazonaws.com/a.pem',
    'https://user:password@sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.example/a.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem',
    'https://evil.example/sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com/a.pem?b',
    'https://sns.eu-west-1.amazonaws.com/a.pem?.pem',
    'https://sns.eu-west-1.amazonaws.com/a.pem#b.pem',
    'https://sns.eu-west-1.amazonaws.com/a.crt',
    'https://sns.eu-west-1.amazonaws.com\\@evil.example/a.pem',
    'https://sns.eu-west-1.amazonaws.com/a.pem\n',
    ' https://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com/%2e%2e.pem',
    'https://sns.eu-west-1.amazonaws.com/a/../b.pem',
    'https://sns.eu-west-1.amazonaws.com/./a.pem',
    'https://sns.s3.amazonaws.com/a.pem',
    'https://sns.s3-us-west-2.amazonaws.com/a.pem',
    'https://sns.amazonaws.com/a.pem',
    'https://sqs.eu-west-1.amazonaws.com/a.pem',
    'https://169.254.169.254/latest/a.pem',
    'file:///etc/ssl/a.pem',
    '',
  ])('is not asked for: %j', async (url) => {
    const found = await verifyFields(sns.notification('{}', { SigningCertURL: url }))
    expect(found).toEqual(forged(/SigningCertURL is not https/))
    expect(sns.asked).toEqual([])
  })

  it.each([
    ['arn:aws:sns:us-east-1:123456789012:t', 'sns.us-east-1.amazonaws.com'],
    ['arn:aws:sns:mx-central-1:123456789012:t', 'sns.mx-central-1.amazonaws.com'],
    // A region that is newer than the SDK.
    ['arn:aws:sns:xy-north-1:123456789012:t', 'sns.xy-north-1.amazonaws.com'],
    ['arn:aws-us-gov:sns:us-gov-west-1:123456789012:t', 'sns.us-gov-west-1.amazonaws.com'],
    ['arn:aws-cn:sns:cn-north-1:123456789012:t', 'sns.cn-north-1.amazonaws.com.cn'],
    ['arn:aws-eusc:sns:eusc-de-east-1:123456789012:t', 'sns.eusc-de-east-1.amazonaws.eu'],
    ['arn:aws-iso:sns:us-iso-east-1:123456789012:t', 'sns.us-iso-east-1.c2s.ic.gov'],
    ['arn:aws-iso-b:sns:us-isob-east-1:123456789012:t', 'sns.us-isob-east-1.sc2s.sgov.gov'],
    ['arn:aws-iso-e:sns:eu-isoe-west-1:123456789012:t', 'sns.eu-isoe-west-1.cloud.adc-e.uk'],
    ['arn:aws-iso-f:sns:us-isof-south-1:123456789012:t', 'sns.us-isof-south-1.csp.hci.ic.gov'],
  ])('of %s is at %s, and so is its confirmation', async (topicArn, host) => {
    const there = await snsHttp({ clock, topicArn, host: `https://${host}` })
    onTestFinished(() => there.close())
    const verifyThere = snsSignature({ fetch: there.fetch, clock })
    expect(await verifyThere(message(there.notification('{}')))).toEqual({ _tag: 'Genuine' })
    expect(await verifyThere(message(there.confirmation()))).toEqual({ _tag: 'Genuine' })
    expect(there.asked).toEqual([`https://${host}/SimpleNotificationService-0123456789abcdef.pem`])
  })

  it.each([
    // A region of another partition, or a partition of another region.
    ['arn:aws:sns:cn-north-1:123456789012:t', 'sns.cn-north-1.amazonaws.com.cn'],
    ['arn:aws-cn:sns:eu-west-1:123456789012:t', 'sns.eu-west-1.amazonaws.com.cn'],
    ['arn:aws:sns:us-gov-west-1:123456789012:t', 'sns.us-gov-west-1.amazonaws.com'],
    ['arn:aws:sns:eusc-de-east-1:123456789012:t', 'sns.eusc-de-east-1.amazonaws.eu'],
    // The suffix of another partition, or another region.
    ['arn:aws-eusc:sns:eusc-de-east-1:123456789012:t', 'sns.eusc-de-east-1.amazonaws.com'],
    ['arn:aws-cn:sns:cn-north-1:123456789012:t', 'sns.cn-north-1.amazonaws.com'],
    ['arn:aws:sns:eu-west-1:123456789012:t', 'sns.eu-west-1.amazonaws.com.cn'],
    ['arn:aws:sns:eu-west-1:123456789012:t', 'sns.us-east-1.amazonaws.com'],
    ['arn:aws:sns:eu-west-1:123456789012:t', 'sns.cn-north-1.amazonaws.com.cn'],
    // Hosts that SNS answers at, and does not name in messages.
    ['arn:aws:sns:us-east-1:123456789012:t', 'sns-fips.us-east-1.amazonaws.com'],
    ['arn:aws:sns:us-east-1:123456789012:t', 'sns.us-east-1.api.aws'],
    // No region.
    ['arn:aws:sns:s3-us-west-2:123456789012:t', 'sns.s3-us-west-2.amazonaws.com'],
    ['arn:aws:sns::123456789012:t', 'sns..amazonaws.com'],
    ['t', 'sns.eu-west-1.amazonaws.com'],
  ])('of %s is not at %s', async (topicArn, host) => {
    const there = await snsHttp({ clock, topicArn, host: `https://${host}` })
    onTestFinished(() => there.close())
    const found = await snsSignature({ fetch: there.fetch, clock })(message(there.notification('{}')))
    expect(found).toEqual(forged(/SigningCertURL is not https/))
    expect(there.asked).toEqual([])
  })
})

describe('a certificate', () => {
  it('is fetched once, however many messages wait for it, and kept', async () => {
    const all = Array.from({ length: 50 }, () => verifyFields(sns.notification('{}')))
    expect(new Set((await Promise.all(all)).map(({ _tag }) => _tag))).toEqual(new Set(['Genuine']))
    await verifyFields(sns.notification('{}'))
    expect(sns.asked).toHaveLength(1)
  })

  it('is kept as long as it is among the four of its host that were used last, and no longer', async () => {
    const at = (i: number) => `https://sns.eu-west-1.amazonaws.com/${i}.pem`
    for (let i = 0; i <= 4; i++) await verifyFields(sns.notification('{}', { SigningCertURL: at(i) }))
    await verifyFields(sns.notification('{}', { SigningCertURL: at(4) }))
    expect(sns.asked).toHaveLength(5)
    await verifyFields(sns.notification('{}', { SigningCertURL: at(0) }))
    expect(sns.asked).toHaveLength(6)
  })

  it('must be valid at the time at which the message was signed, whatever the clock of this machine says', async () => {
    const at = (time: number) => sns.notification('{}', { Timestamp: new Date(time).toISOString() })
    for (const offset of [-4_000, -25, -1, 0, 1, 25, 4_000]) {
      const here = snsSignature({ fetch: sns.fetch, clock: virtualClock(start + offset * hour) })
      expect(await here(message(at(start)))).toEqual({ _tag: 'Genuine' })
      expect(await here(message(at(start - 23 * hour)))).toEqual({ _tag: 'Genuine' })
      expect(await here(message(at(start - 25 * hour)))).toEqual(
        forged(/not valid when the message was signed/),
      )
      expect(await here(message(at(start + 25 * hour)))).toEqual(
        forged(/not valid when the message was signed/),
      )
    }
    for (const Timestamp of ['yesterday', '1', '2026-01-02', 'Fri, 02 Jan 2026 03:04:05 GMT'])
      expect(await verifyFields(sns.notification('{}', { Timestamp }))).toEqual(
        forged(/Timestamp is not a valid time/),
      )
  })

  it('takes the time of SNS from the answer that brought it, if it was valid then', async () => {
    const told: number[] = []
    const at = (clock: VirtualClock) =>
      snsSignature({ fetch: sns.fetch, clock, onTime: (time) => told.push(time) })
    await at(virtualClock(0))(message(sns.notification('{}')))
    expect(told).toEqual([start])
    await clock.advance(25 * hour)
    await at(virtualClock(0))(message(sns.notification('{}')))
    expect(told).toEqual([start])
  })

  it('must be one, with an RSA key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const dates = { from: start - hour, to: start + hour }
    const cases: readonly (readonly [string, RegExp])[] = [
      ['{"not":"a certificate"}', /not an X.509 certificate/],
      ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', /not an X.509 certificate/],
      [selfSignedCertificate({ subject: 'sns', privateKey, publicKey, ...dates }), /no RSA key/],
      ['a'.repeat(100_000), /too large/],
    ]
    for (const [certificate, reason] of cases) {
      sns.certificate = certificate
      await clock.advance(10_000)
      expect(await verifyFields(sns.notification('{}'))).toEqual(forged(reason))
    }
  })

  it('is not fetched from the target of a redirect', async () => {
    sns.respond = (_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
    }
    expect(await verifyFields(sns.notification('{}'))).toEqual({
      _tag: 'Unknown',
      error: new Error('the signing certificate answered 302'),
    })
    expect(sns.asked).toEqual([sns.certificateUrl])
  })

  it('that could not be had is asked for again after ten seconds, and not before', async () => {
    sns.respond = (_request, response) => response.writeHead(503).end()
    expect(await verifyFields(sns.notification('{}'))).toMatchObject({ _tag: 'Unknown' })
    sns.respond = undefined
    await clock.advance(9_999)
    expect(await verifyFields(sns.notification('{}'))).toMatchObject({ _tag: 'Unknown' })
    expect(sns.asked).toHaveLength(1)
    await clock.advance(1)
    expect(await verifyFields(sns.notification('{}'))).toEqual({ _tag: 'Genuine' })
  })

  it('is waited for five seconds, also in the middle of its body', async () => {
    let reached = false
    sns.respond = (_request, response) => {
      response.write('-----BEGIN')
      reached = true
    }
    const found = verifyFields(sns.notification('{}'))
    await vi.waitUntil(() => reached)
    await clock.advance(5_000)
    expect(await found).toEqual({ _tag: 'Unknown', error: new Error('no answer within 5000 ms') })
  })

  it('that could not be had is asked for again at once when the clock was set back by days', async () => {
    const time = { now: start }
    const set = snsSignature({
      fetch: sns.fetch,
      clock: { now: () => time.now, sleep: (ms, signal) => clock.sleep(ms, signal) },
    })
    sns.respond = (_request, response) => response.writeHead(503).end()
    expect(await set(message(sns.notification('{}')))).toMatchObject({ _tag: 'Unknown' })
    sns.respond = undefined
    time.now -= 100 * hour
    expect(await set(message(sns.notification('{}')))).toEqual({ _tag: 'Genuine' })
  })
})

describe('forged messages that name slow certificates', () => {
  const named = (i: number) =>
    sns.notification('{}', { SigningCertURL: `https://sns.eu-west-1.amazonaws.com/${i}.pem` })

  /** Answers for the genuine one; of others it waits. */
  const slow = (): { readonly asked: readonly string[] } => {
    const asked: string[] = []
    sns.respond = (request, response) => {
      if (request.url?.endsWith('0123456789abcdef.pem')) response.end(sns.certificate)
      else asked.push(request.url ?? '')
    }
    return { asked }
  }

  it('are asked for six at once; the others wait for their turn', async () => {
    const { asked } = slow()
    const all = Array.from({ length: 20 }, (_, i) => verifyFields(named(i)))
    await vi.waitUntil(() => asked.length === 6)
    expect(sns.asked).toHaveLength(6)
    await clock.advance(5_000)
    await vi.waitUntil(() => asked.length === 12)
    expect(sns.asked).toHaveLength(12)
    await clock.advance(5_000)
    await vi.waitUntil(() => asked.length === 18)
    await clock.advance(5_000)
    await vi.waitUntil(() => asked.length === 20)
    await clock.advance(5_000)
    expect(new Set((await Promise.all(all)).map(({ _tag }) => _tag))).toEqual(new Set(['Unknown']))
  })

  it('delay a genuine message by at most one time limit, and do not make it fail', async () => {
    const { asked } = slow()
    const forgeries = Array.from({ length: 8 }, (_, i) => verifyFields(named(i)))
    await vi.waitUntil(() => asked.length === 6)
    const genuine = [1, 2].map(() => verifyFields(sns.notification('{}')))
    await clock.advance(5_000)
    expect(await Promise.all(genuine)).toEqual([{ _tag: 'Genuine' }, { _tag: 'Genuine' }])
    await clock.advance(5_000)
    await Promise.all(forgeries)
    expect(await verifyFields(sns.notification('{}'))).toEqual({ _tag: 'Genuine' })
  })

  it('however many, are asked for within bounds, and what had no turn is asked for when it comes again', async () => {
    const { asked } = slow()
    const all = Array.from({ length: 1_000 }, (_, i) => verifyFields(named(i)))
    // 6 are asked for, and 32 wait.
    const refused = await Promise.all(all.slice(38))
    expect(new Set(refused.map((found) => found._tag === 'Unknown' && found.error.message))).toEqual(
      new Set(['too many signing certificates are requested at once']),
    )
    expect(await verifyFields(sns.notification('{}'))).toMatchObject({ _tag: 'Unknown' })
    await vi.waitUntil(() => asked.length === 6)
    await clock.advance(5_000)
    await vi.waitUntil(() => asked.length === 12)
    const genuine = [1, 2].map(() => verifyFields(sns.notification('{}')))
    await clock.advance(5_000)
    expect(await Promise.all(genuine)).toEqual([{ _tag: 'Genuine' }, { _tag: 'Genuine' }])
    expect(sns.asked.length).toBeLessThan(20)
    for (let i = 0; i < 6; i++) {
      await clock.advance(5_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('of other hosts do not delay those of one', async () => {
    const { asked } = slow()
    for (let i = 0; i < 8; i++) void verifyFields(named(i))
    await vi.waitUntil(() => asked.length === 6)
    const SigningCertURL =
      'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem'
    const TopicArn = 'arn:aws:sns:us-east-1:123456789012:ecs-events'
    expect(await verifyFields(sns.notification('{}', { SigningCertURL, TopicArn }))).toEqual({
      _tag: 'Genuine',
    })
  })

  it('whose caller has given up are not fetched', async () => {
    const { asked } = slow()
    for (let i = 0; i < 6; i++) void verifyFields(named(i))
    await vi.waitUntil(() => asked.length === 6)
    const gone = new AbortController()
    const late = verify(message(named(99)), gone.signal)
    gone.abort()
    expect(await late).toMatchObject({
      _tag: 'Unknown',
      error: { message: 'the signing certificate arrived too late' },
    })
    await clock.advance(5_000)
    expect(await verifyFields(sns.notification('{}'))).toEqual({ _tag: 'Genuine' })
    expect(sns.asked.filter((url) => url.endsWith('/99.pem'))).toEqual([])
    expect(await verify(message(named(98)), gone.signal)).toMatchObject({ _tag: 'Unknown' })
  })
})
