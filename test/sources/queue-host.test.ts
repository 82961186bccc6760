import * as fc from 'fast-check'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { describe, expect, it } from 'vitest'
import { queueHost } from '../../src/sources/sqs/queue-host.js'

const plain = { _tag: 'Sqs', fips: false, dualStack: false }
const path = '/123456789012/tasks'

describe("the host of a queue's URL", () => {
  it.each([
    ['sqs.eu-central-1.amazonaws.com', { ...plain, region: 'eu-central-1' }],
    ['SQS.EU-central-1.amazonaws.com', { ...plain, region: 'eu-central-1' }],
    ['sqs.mx-central-1.amazonaws.com', { ...plain, region: 'mx-central-1' }],
    // A region that is newer than the SDK.
    ['sqs.xy-north-1.amazonaws.com', { ...plain, region: 'xy-north-1' }],
    ['sqs.us-gov-west-1.amazonaws.com', { ...plain, region: 'us-gov-west-1' }],
    ['sqs-fips.us-gov-west-1.amazonaws.com', { ...plain, fips: true, region: 'us-gov-west-1' }],
    ['sqs.cn-north-1.amazonaws.com.cn', { ...plain, region: 'cn-north-1' }],
    ['sqs.eusc-de-east-1.amazonaws.eu', { ...plain, region: 'eusc-de-east-1' }],
    ['sqs.us-iso-east-1.c2s.ic.gov', { ...plain, region: 'us-iso-east-1' }],
    ['sqs.us-isob-east-1.sc2s.sgov.gov', { ...plain, region: 'us-isob-east-1' }],
    ['sqs.us-east-2.api.aws', { ...plain, dualStack: true, region: 'us-east-2' }],
    ['sqs-fips.us-east-2.api.aws', { ...plain, fips: true, dualStack: true, region: 'us-east-2' }],
    ['sqs.cn-north-1.api.amazonwebservices.com.cn', { ...plain, dualStack: true, region: 'cn-north-1' }],
    ['eu-west-1.queue.amazonaws.com', { ...plain, region: 'eu-west-1' }],
    ['cn-north-1.queue.amazonaws.com.cn', { ...plain, region: 'cn-north-1' }],
    ['queue.amazonaws.com', { ...plain, region: 'us-east-1' }],
  ])('%s is SQS itself', (host, expected) => {
    expect(queueHost(`https://${host}${path}`)).toEqual(expected)
  })

  it.each([
    ['https://vpce-1a-2b.sqs.us-west-2.vpce.amazonaws.com', 'us-west-2'],
    ['https://vpce-1a-2b-us-west-2a.sqs.us-west-2.vpce.amazonaws.com', 'us-west-2'],
    ['https://vpce-1a-2b.sqs.cn-north-1.vpce.amazonaws.com.cn', 'cn-north-1'],
    ['https://vpce-1a-2b.sqs-fips.us-west-2.vpce.amazonaws.com', 'us-west-2'],
    ['https://sqs.eu-west-1.amazonaws.com:8443', 'eu-west-1'],
    ['http://sqs.eu-west-1.localhost.localstack.cloud:4566', 'eu-west-1'],
    ['http://eu-west-1.queue.localhost.localstack.cloud:4566', 'eu-west-1'],
    ['http://127.0.0.1:4566', undefined],
    ['http://[::1]:9324', undefined],
    ['http://localhost:9324', undefined],
    ['https://sqs.internal.example', undefined],
  ])('%s is asked as it is', (origin, region) => {
    expect(queueHost(`${origin}${path}`)).toEqual({ _tag: 'Other', origin, region })
  })

  it.each([
    // The suffix of another partition.
    'https://sqs.eu-west-1.amazonaws.com.cn/1/q',
    'https://sqs.cn-north-1.amazonaws.com/1/q',
    'https://sqs.eusc-de-east-1.amazonaws.com/1/q',
    'https://sqs.eu-west-1.api.amazonwebservices.com.cn/1/q',
    'https://vpce-1.sqs.cn-north-1.vpce.amazonaws.com/1/q',
    // Somebody's bucket.
    'https://sqs.s3-us-west-2.amazonaws.com/1/q',
    'https://sqs.s3.amazonaws.com/1/q',
    // Another service.
    'https://sns.eu-west-1.amazonaws.com/1/q',
    'https://ecs.eu-west-1.api.aws/1/q',
    // Somebody else's domain that looks like AWS.
    'https://sqs.eu-west-1.amazonaws.com.evil.example/1/q',
    'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com.evil.example/1/q',
    'https://sqs.eu-west-1.api.aws.evil.example/1/q',
    'https://sqs.eu-west-1.amazonaws.com@evil.example/1/q',
    'https://key:secret@sqs.eu-west-1.amazonaws.com/1/q',
    'https://sqs.eu-west-1.amazonaws.com?.evil.example/1/q',
    'https://sqs.eu-west-1.amazonaws.com/1/q#other',
    'arn:aws:sqs:eu-west-1:1:q',
    'ftp://sqs.eu-west-1.amazonaws.com/1/q',
    'tasks',
    '',
  ])('refuses %j', (queueUrl) => {
    expect(() => queueHost(queueUrl)).toThrow(RangeError)
    expect(() => queueHost(queueUrl)).toThrow(/^queueUrl: expected .*, got "/)
    expect(() => sqs({ queueUrl })).toThrow(RangeError)
  })

  it('is refused, or has a region that is valid in a host name, for any text', () => {
    const word = fc.constantFrom(
      'sqs',
      'sqs-fips',
      'eu-west-1',
      'amazonaws',
      'com',
      'queue',
      'vpce',
      'a@b',
      'é',
      '#',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.array(word).map((words) => `https://${words.join('.')}/q`),
        ),
        (text) => {
          try {
            const { region } = queueHost(text)
            return region === undefined || /^[a-z-]+-\d+$/.test(region)
          } catch (thrown) {
            return thrown instanceof RangeError
          }
        },
      ),
    )
  })
})
