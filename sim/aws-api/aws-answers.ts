/** The answers of ECS, EC2 and SSM, in the protocols of the wire (AWS JSON 1.1 and EC2 Query), without a connection. */
import { ApiFailure } from './api-failure.js'
import { jsonInput } from './aws-request.js'
import { ec2Operations, element } from './ec2-operations.js'
import { ecsOperations } from './ecs-operations.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'
import { ssmOperations } from './ssm-operations.js'

/** A request, as far as its protocol's headers reveal. */
export type AwsCall =
  | { readonly _tag: 'Json'; readonly service: string; readonly operation: string; readonly body: string }
  | { readonly _tag: 'Query'; readonly operation: string; readonly form: URLSearchParams }

/** A response, before it is sent. */
export interface AwsAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** `target` is the request's header `x-amz-target`, if it has one. */
export const callOf = (target: string | undefined, body: string): AwsCall => {
  if (target !== undefined) {
    const [service = '', operation = ''] = target.split('.')
    return { _tag: 'Json', service, operation, body }
  }
  const form = new URLSearchParams(body)
  return { _tag: 'Query', operation: form.get('Action') ?? '', form }
}

/** What the simulated clusters of one account and region answer, refusals included. */
export const awsAnswers = (clusters: readonly SimulatedCluster[]): ((call: AwsCall) => AwsAnswer) => {
  const services = new Map([
    ['AmazonEC2ContainerServiceV20141113', ecsOperations(clusters)],
    ['AmazonSSM', ssmOperations(clusters)],
  ])
  const ec2 = ec2Operations(clusters)

  const body = (call: AwsCall): string => {
    switch (call._tag) {
      case 'Json': {
        const operation = services.get(call.service)?.[call.operation]
        if (operation === undefined)
          throw new ApiFailure('UnknownOperationException', `${call.operation} is unknown.`)
        return JSON.stringify(operation(jsonInput(call.body)))
      }
      case 'Query': {
        const operation = ec2[call.operation]
        if (operation === undefined) {
          throw new ApiFailure(
            'InvalidAction',
            `The action ${call.operation} is not valid for this web service.`,
          )
        }
        return element(`${call.operation}Response`, element('requestId', REQUEST_ID), operation(call.form))
      }
    }
  }

  return (call) => {
    try {
      return { status: 200, type: contentType(call), body: body(call) }
    } catch (error) {
      if (error instanceof ApiFailure) return failure(call, error)
      throw error
    }
  }
}

export const REQUEST_ID = '00000000-0000-4000-8000-000000000000'

const contentType = (call: AwsCall): string =>
  call._tag === 'Json' ? 'application/x-amz-json-1.1' : 'text/xml;charset=UTF-8'

/** The service fails. */
export const broken = new ApiFailure('InternalFailure', 'An internal error occurred.', 500)

/** There were too many calls. */
export const throttled = (call: AwsCall): ApiFailure =>
  call._tag === 'Json'
    ? new ApiFailure('ThrottlingException', 'Rate exceeded')
    : new ApiFailure('RequestLimitExceeded', 'Request limit exceeded.', 503)

/** A permission is missing. */
export const denied = (call: AwsCall): ApiFailure =>
  call._tag === 'Json'
    ? new ApiFailure(
        'AccessDeniedException',
        `User: arn:aws:iam::123456789012:user/any is not authorized to perform: ${call.operation}`,
      )
    : new ApiFailure('UnauthorizedOperation', 'You are not authorized to perform this operation.', 403)

/** The same failure in the service's own protocol. */
export const failure = (call: AwsCall, { code, message, status }: ApiFailure): AwsAnswer => ({
  status,
  type: contentType(call),
  body:
    call._tag === 'Json'
      ? JSON.stringify({ __type: code, message })
      : element(
          'Response',
          element('Errors', element('Error', element('Code', code), element('Message', message))),
          element('RequestID', REQUEST_ID),
        ),
})
