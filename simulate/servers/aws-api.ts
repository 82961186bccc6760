import { awsAnswers, callOf } from '../../sim/aws-api/aws-answers.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { SimulatedService, WireAnswer, WireRequest } from '../network/wire.js'
import { serviceRefusal, targets } from './json-answers.js'

/** ECS, EC2 and SSM of the simulated account: the answers of `sim`, without its server. */
export class SimulatedAwsApi implements SimulatedService {
  readonly refusal = serviceRefusal
  readonly #answer: ReturnType<typeof awsAnswers>

  constructor(clusters: readonly SimulatedCluster[]) {
    this.#answer = awsAnswers(clusters)
  }

  answer({ service, operation, body }: WireRequest): WireAnswer {
    const target = service === 'ec2' ? undefined : `${targets[service]}.${operation}`
    const { status, type, body: answer } = this.#answer(callOf(target, body))
    return { status, headers: { 'content-type': type }, body: answer }
  }
}
