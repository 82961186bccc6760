import { describe, expect, it } from 'vitest'
import { decodeEvent, decodeMessage, explain } from '../../src/sources/ecs-events/ecs-event.js'
import { decodeRecords } from '../../src/sources/ecs-events/lambda-records.js'
import { ecsEvent, inLambdaSns, inLambdaSqs, inSns } from '../support/ecs-event-builder.js'

const results = (json: unknown) => decodeRecords(json).map(({ id, decoded }) => [id, decoded._tag])
const base64 = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64')
const event = ecsEvent()

describe('a batch', () => {
  it('of EventBridge Pipes is a bare array: of SQS records, or of events', () => {
    const other = { ...inLambdaSqs({}), messageId: 'other' }
    expect(results([inLambdaSqs(event), other])).toEqual([
      ['sqs-message', 'Event'],
      ['other', 'Undecodable'],
    ])
    expect(results([event, event])).toEqual([
      [event.id, 'Event'],
      [event.id, 'Event'],
    ])
    expect(results([])).toEqual([])
  })

  it('of Kinesis is Base64, in Lambda’s record and in that of a pipe', () => {
    const data = base64(event)
    const ofLambda = {
      eventSource: 'aws:kinesis',
      kinesis: { data, sequenceNumber: '49' },
      eventID: 'shard:49',
    }
    const ofPipe = { eventSource: 'aws:kinesis', data, sequenceNumber: '50' }
    const broken = { eventSource: 'aws:kinesis', data: 'not Base64', sequenceNumber: '51' }
    expect(results({ Records: [ofLambda] })).toEqual([['49', 'Event']])
    expect(results([ofPipe, broken])).toEqual([
      ['50', 'Event'],
      ['51', 'Undecodable'],
    ])
  })

  it('inside a record gives a result for each event, all with the record’s id', () => {
    expect(results({ Records: [inLambdaSqs([event, {}])] })).toEqual([
      ['sqs-message', 'Event'],
      ['sqs-message', 'Undecodable'],
    ])
    expect(results([inLambdaSqs({ Records: [inLambdaSns(event), inLambdaSns(event)] })])).toEqual([
      ['sqs-message', 'Event'],
      ['sqs-message', 'Event'],
    ])
  })

  it('inside a record is reported as undecodable if it is empty', () => {
    expect(results([inLambdaSqs([])])).toEqual([['sqs-message', 'Undecodable']])
  })

  it('names the place in it', () => {
    const [, second] = decodeRecords([inLambdaSqs([event, ecsEvent({ version: 0 })])])
    expect(second?.decoded).toMatchObject({ errors: [{ path: '$.body[1].detail.version' }] })
  })

  it('of one is taken as one event; of more it is undecodable as one, and says why', () => {
    expect(decodeEvent([event])).toEqual(decodeEvent(event))
    expect(decodeMessage(JSON.stringify({ Records: [inLambdaSqs(inSns(event))] }))._tag).toBe('Event')
    const decoded = decodeEvent([event, event])
    expect(decoded._tag === 'Undecodable' && explain(decoded.errors)).toBe(
      '$: expected one event (decodeRecords takes a batch), got not an ECS event: a batch of 2',
    )
  })
})

describe('a task without its envelope', () => {
  it.each([
    ['by InputPath', event.detail, '$'],
    ['in a record of a pipe', [event.detail], '$[0]'],
    ['in a queue', inLambdaSqs(event.detail), '$.body'],
    ['by a transformer that left out the source', { ...event, source: undefined }, '$.source'],
    ['by a transformer that left out the type', { ...event, 'detail-type': undefined }, '$.detail-type'],
    ['by a transformer that left out both', { detail: event.detail }, '$'],
  ])('(%s) is undecodable, and the error names the cause and what to do', (_, json, path) => {
    const decoded = decodeEvent(json)
    expect(decoded._tag === 'Undecodable' && explain(decoded.errors)).toBe(
      `${path}: expected the whole event, with source and detail-type: remove InputPath or the input transformer ` +
        'from the target of the rule or pipe, got not an ECS event: a task without its envelope',
    )
    expect(results(json).map(([, tag]) => tag)).toEqual(['Undecodable'])
  })
})
