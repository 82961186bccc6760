import type { IncomingMessage } from 'node:http'

/** A service's response for a failed request. */
export interface ServiceFailure {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The parts of a request that decide the format of its service's errors. */
export interface ServiceRequest {
  /** `X-Amz-Target` up to its last dot, as in `DynamoDB_20120810`; empty for protocols that have no such header. */
  readonly service: string
  /** `PutItem`, `DescribeInstances`, or method and path outside AWS. */
  readonly operation: string
  readonly protocol: 'json' | 'query' | 'other'
}

/** What an HTTP request asks for: named by its header, else by the `Action` in its form, else by method and path. */
export function serviceRequest(
  { headers, method = 'GET', url = '/' }: IncomingMessage,
  body: Buffer,
): ServiceRequest {
  const target = headers['x-amz-target']
  if (typeof target === 'string') {
    const dot = target.lastIndexOf('.')
    return { service: target.slice(0, dot), operation: target.slice(dot + 1), protocol: 'json' }
  }
  const action = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(body.toString()).get('Action')
    : null
  if (action !== null) return { service: '', operation: action, protocol: 'query' }
  return { service: '', operation: `${method} ${url.split('?', 1)[0] ?? url}`, protocol: 'other' }
}

/** A throttling response in the format of the requested service, so that its SDK client raises its own error. */
export function throttled(request: ServiceRequest): ServiceFailure {
  switch (request.protocol) {
    case 'json':
      return throttledJson(request)
    case 'query':
      return ec2(503, 'RequestLimitExceeded', 'Request limit exceeded.')
    case 'other':
      return {
        status: 429,
        headers: { 'content-type': 'text/plain', 'retry-after': '0' },
        body: 'Too Many Requests',
      }
  }
}

/** An internal error of the requested service. */
export function internalError(request: ServiceRequest): ServiceFailure {
  switch (request.protocol) {
    case 'json':
      return internalErrorJson(request)
    case 'query':
      return ec2(500, 'InternalError', 'An internal error has occurred')
    case 'other':
      return { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' }
  }
}

/** Why AWS refuses a process: a permission is missing, or its credentials have expired. */
export type Refusal = 'denied' | 'expired'

/** A refusal in the format of the requested service. Requests outside AWS get the XML of Route 53. */
export function refused({ service, operation, protocol }: ServiceRequest, why: Refusal): ServiceFailure {
  const denied = why === 'denied'
  const message = denied
    ? `User: arn:aws:iam::123456789012:user/any is not authorized to perform: ${operation}`
    : 'The security token included in the request is expired'
  switch (protocol) {
    case 'json': {
      const code = denied ? 'AccessDeniedException' : 'ExpiredTokenException'
      return service === 'AmazonSQS'
        ? json10(
            `com.amazonaws.sqs#${code}`,
            400,
            message,
            `${denied ? 'AccessDenied' : 'ExpiredToken'};Sender`,
          )
        : json11(code, 400, message)
    }
    case 'query':
      return ec2(denied ? 403 : 400, denied ? 'UnauthorizedOperation' : 'RequestExpired', message)
    case 'other':
      return {
        status: 403,
        headers: { 'content-type': 'text/xml' },
        body:
          '<?xml version="1.0"?>\n<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error>' +
          `<Type>Sender</Type><Code>${denied ? 'AccessDenied' : 'ExpiredToken'}</Code><Message>${message}</Message>` +
          '</Error><RequestId>injected</RequestId></ErrorResponse>',
      }
  }
}

/** DynamoDB throttles item operations by capacity, and table operations by rate. */
const ITEM_OPERATION = /Items?$|^Query$|^Scan$/

function throttledJson({ service, operation }: ServiceRequest): ServiceFailure {
  switch (service) {
    case 'DynamoDB_20120810':
      return ITEM_OPERATION.test(operation)
        ? json10('com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException', 400, CAPACITY)
        : json10('com.amazonaws.dynamodb.v20120810#ThrottlingException', 400, RATE)
    case 'AmazonSQS':
      return json10('com.amazonaws.sqs#RequestThrottled', 400, RATE, 'RequestThrottled;Sender')
    case 'Kinesis_20131202':
      return operation === 'ListShards'
        ? json11('LimitExceededException', 400, RATE)
        : json11('ProvisionedThroughputExceededException', 400, RATE)
    default:
      return json11('ThrottlingException', 400, RATE)
  }
}

function internalErrorJson({ service }: ServiceRequest): ServiceFailure {
  switch (service) {
    case 'DynamoDB_20120810':
      return json10('com.amazonaws.dynamodb.v20120810#InternalServerError', 500, 'Internal server error')
    case 'AmazonSQS':
      return json10('com.amazonaws.sqs#InternalFailure', 500, 'Internal failure', 'InternalFailure;Receiver')
    case 'AmazonEC2ContainerServiceV20141113':
      return json11('ServerException', 500, 'Service Unavailable. Please try again later.')
    default:
      return json11('InternalServerError', 500, 'Internal server error')
  }
}

const RATE = 'Rate exceeded'
const CAPACITY =
  'The level of configured provisioned throughput for the table was exceeded. ' +
  'Consider increasing your provisioning level with the UpdateTable API.'

/** `queryError`: the header with the older error code, which SQS sends because it once used the query protocol. */
const json10 = (type: string, status: number, message: string, queryError?: string): ServiceFailure => ({
  status,
  headers: {
    'content-type': 'application/x-amz-json-1.0',
    ...(queryError !== undefined && { 'x-amzn-query-error': queryError }),
  },
  body: JSON.stringify({ __type: type, message }),
})

const json11 = (type: string, status: number, message: string): ServiceFailure => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: JSON.stringify({ __type: type, message }),
})

/** Of the query protocols only EC2's is known here; others wrap their errors in `ErrorResponse`. */
const ec2 = (status: number, code: string, message: string): ServiceFailure => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8' },
  body:
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code>` +
    `<Message>${message}</Message></Error></Errors><RequestID>injected</RequestID></Response>`,
})
