import { ApiFailure } from '../aws-api/api-failure.js'
import type { Route53Answer } from './route53-operations.js'
import { xmlFailure } from './route53-xml.js'

/** The service's refusals that do not depend on a call's content. */
export const throttled = new ApiFailure('Throttling', 'Rate exceeded')
export const busy = new ApiFailure(
  'PriorRequestNotComplete',
  'The request was rejected because Route 53 was still processing a prior request.',
)
export const broken = new ApiFailure('InternalFailure', 'An internal error occurred.', 500)

export const REQUEST_ID = '00000000-0000-4000-8000-000000000000'

export const refused = (failure: ApiFailure): Route53Answer => ({
  status: failure.status,
  body: xmlFailure(failure, REQUEST_ID),
})
