import type { Millis } from '../../src/core/clock.js'
import { awsAnswers, callOf } from '../../sim/aws-api/aws-answers.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { SimulatedService, WireAnswer, WireRequest } from '../network/wire.js'
import { serviceRefusal, targets } from './json-answers.js'

/** ECS, EC2 and SSM of the simulated account: the answers of `sim`, without its server. */
export class SimulatedAwsApi implements SimulatedService {
  readonly refusal = serviceRefusal
  readonly #answer: ReturnType<typeof awsAnswers>

  constructor(
    clusters: readonly SimulatedCluster[],
    private readonly formerList: (request: WireRequest, ago: Millis) => string | undefined = () => undefined,
  ) {
    this.#answer = awsAnswers(clusters)
  }

  answer({ service, operation, body }: WireRequest): WireAnswer {
    const target = service === 'ec2' ? undefined : `${targets[service]}.${operation}`
    const { status, type, body: answer } = this.#answer(callOf(target, body))
    return { status, headers: { 'content-type': type }, body: answer }
  }

  former(request: WireRequest, ago: Millis): WireAnswer | undefined {
    const body = this.formerList(request, ago)
    return body === undefined
      ? undefined
      : { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body }
  }
}
