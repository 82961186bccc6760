/** Answers in AWS's JSON protocols, and what services refuse with. */
import { internalError, throttled } from '../../sim/faults/service-failure.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'

/** The `X-Amz-Target` of a service, without the operation. */
export const targets = {
  sqs: 'AmazonSQS',
  dynamodb: 'DynamoDB_20120810',
  route53: '',
  ecs: 'AmazonEC2ContainerServiceV20141113',
  ec2: '',
  ssm: 'AmazonSSM',
} as const

const protocolOf = ({ service }: WireRequest): 'json' | 'query' => (service === 'ec2' ? 'query' : 'json')

/** The refusal of a service that has too many calls, or fails. */
export const serviceRefusal = (request: WireRequest, kind: 'throttle' | 'error500'): WireAnswer => {
  const { service, operation } = request
  const asked = { service: targets[service], operation, protocol: protocolOf(request) }
  return kind === 'throttle' ? throttled(asked) : internalError(asked)
}

export const jsonAnswer = (output: object, status = 200): WireAnswer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(output),
})
