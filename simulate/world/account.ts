import { prng } from '../../sim/prng.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import { Wire, type WireObserver } from '../network/wire.js'
import { SimulatedAwsApi } from '../servers/aws-api.js'
import { SimulatedDynamoDb, type TableWrite } from '../servers/dynamodb.js'
import { SimulatedSqs } from '../servers/sqs.js'
import { Table } from '../servers/table.js'
import type { Targets } from '../targets/targets.js'
import type { Happening } from './ecs-world.js'
import { type ListedCluster, Listings } from './listings.js'
import type { Scenario } from './scenario.js'
import { journalTableName } from './simulated-journal.js'

export interface AccountOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly scenario: Scenario
  readonly clusters: readonly SimulatedCluster[]
  readonly targets: Targets
  readonly observer: WireObserver
  /** A worker has deleted a message. */
  readonly deleted: (what: Happening, by: SimulatedProcess) => void
  /** A worker has written to the table of the journal. */
  readonly journalled: (write: TableWrite) => void
}

/** The AWS account: its services, and the network through which workers reach them. */
export class Account {
  readonly sqs: SimulatedSqs<Happening>
  readonly wire: Wire
  readonly journal = new Table(journalTableName, { hash: 'journal', range: 'number' })
  readonly #listings: Listings

  constructor(options: AccountOptions) {
    const { timeline, faults, scenario, clusters, targets, observer, deleted, journalled } = options
    const { seed, maxReceives } = scenario
    this.#listings = new Listings(() => timeline.now)
    this.sqs = new SimulatedSqs(
      { timeline, faults, random: prng(seed ^ 0x595), maxReceives },
      { deleted: (_, what, by) => deleted(what, by) },
    )
    const { table, zone } = targets
    const dynamodb = new SimulatedDynamoDb(
      new Map([table.table, this.journal].map((one) => [one.name, one])),
      (write) => {
        if (write.table === journalTableName) journalled(write)
        else table.wrote(write)
      },
    )
    const api = new SimulatedAwsApi(clusters, (request, ago) => this.#listings.answer(request, ago))
    this.wire = new Wire({
      timeline,
      faults,
      random: prng(seed ^ 0x31e),
      services: { sqs: this.sqs, dynamodb, route53: zone.route53, ecs: api, ec2: api, ssm: api },
      observer,
    })
  }

  /** Something has happened in a cluster. */
  happened(cluster: ListedCluster): void {
    this.#listings.note(cluster)
  }
}
