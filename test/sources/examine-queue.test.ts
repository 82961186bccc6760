import { describe, expect, it } from 'vitest'
import { queueFindings } from '../../src/sources/sqs/examine-queue.js'

const policy = (principal: unknown, action: unknown = 'sqs:SendMessage', effect = 'Allow') =>
  JSON.stringify({ Statement: [{ Effect: effect, Principal: principal, Action: action }] })

const good = {
  ApproximateNumberOfMessages: '3',
  ApproximateNumberOfMessagesNotVisible: '1',
  MessageRetentionPeriod: '345600',
  Policy: policy({ Service: 'events.amazonaws.com' }),
  RedrivePolicy: '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:dead","maxReceiveCount":5}',
}

const resultOf = (about: string, attributes: Readonly<Record<string, string>>) =>
  queueFindings({ ...good, ...attributes }).find((finding) => finding.about === about)?.result

describe('what is found about a queue', () => {
  it('is all right for the queue of docs/aws-setup.md', () => {
    expect(queueFindings(good).map(({ result }) => result)).toEqual(['ok', 'ok', 'ok', 'ok'])
  })

  it.each([
    [policy({ Service: ['lambda.amazonaws.com', 'sns.amazonaws.com'] }, ['SQS:SendMessage']), 'ok'],
    [policy('*', 'sqs:*'), 'ok'],
    [policy({ AWS: '*' }, '*'), 'ok'],
    [policy({ Service: 'events.amazonaws.com' }, 'sqs:ReceiveMessage'), 'warning'],
    [policy({ Service: 'events.amazonaws.com' }, 'sqs:SendMessage', 'Deny'), 'warning'],
    [policy({ AWS: 'arn:aws:iam::123456789012:root' }), 'warning'],
    [
      '{"Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage"}}',
      'ok',
    ],
    ['', 'warning'],
    ['{', 'warning'],
    ['{"Statement":[null,7]}', 'warning'],
  ])('has, of the policy %s, the result %s', (Policy, result) => {
    expect(resultOf('queue policy', { Policy })).toBe(result)
  })

  it('warns of few receives, of no dead-letter queue, and of messages that expire soon', () => {
    expect(resultOf('dead-letter queue', { RedrivePolicy: good.RedrivePolicy.replace('5}', '1}') })).toBe(
      'warning',
    )
    expect(resultOf('dead-letter queue', { RedrivePolicy: '' })).toBe('warning')
    expect(resultOf('message retention', { MessageRetentionPeriod: '60' })).toBe('warning')
  })

  it('says what a key of the user needs', () => {
    expect(resultOf('encryption', { KmsMasterKeyId: 'alias/ours' })).toBe('unknown')
  })
})
