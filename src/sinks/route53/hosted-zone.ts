import {
  ChangeResourceRecordSetsCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsResponse,
  type Route53Client,
} from '@aws-sdk/client-route-53'
import { backoff } from '../../core/backoff.js'
import type { Clock, Random } from '../../core/clock.js'
import type { DnsName } from './dns-name.js'
import type { Route53Allowance } from './allowance.js'
import { explained, isBusy } from './failure.js'
import { recordName, type RecordSet, type RecordSetChange, recordSetOf } from './record-set.js'

export interface HostedZoneOptions {
  readonly client: Route53Client
  /** Without the prefix `/hostedzone/`. */
  readonly id: string
  readonly allowance: Route53Allowance
  readonly clock: Clock
  readonly random: Random
}

/** Route 53's maximum per page. */
const pageSize = 300
/** How often a throttled request is attempted. */
const attempts = 5

/** A hosted zone of Route 53. Its calls stay within the account's limits. */
export class HostedZone {
  private known: DnsName | undefined
  /** The cost of the last read of the whole zone. */
  pages = 0

  constructor(private readonly options: HostedZoneOptions) {}

  /** Asks Route 53 once. */
  async name(signal: AbortSignal): Promise<DnsName> {
    if (this.known !== undefined) return this.known
    const { client, id } = this.options
    const answer = await this.calling('GetHostedZone', signal, (abortSignal) =>
      client.send(new GetHostedZoneCommand({ Id: id }), { abortSignal }),
    )
    const service = answer.HostedZone?.LinkedService
    if (service !== undefined)
      throw new Error(
        `hosted zone ${id} belongs to ${service.ServicePrincipal ?? 'another AWS service'}, and accepts no other records (${service.Description ?? 'Cloud Map'}): give the id of a zone of your own`,
      )
    const name = recordName(answer.HostedZone?.Name ?? '')
    if (name === '') throw new Error(`hosted zone ${id}: Route 53 returned no name`)
    this.known = name
    return name
  }

  /** The name, once it has been read. */
  nameKnown(): DnsName {
    if (this.known === undefined)
      throw new Error('the name of the hosted zone is not known before the first read: this is a defect')
    return this.known
  }

  /**
   * All record sets; rejects if any page fails. Those of one name are consistent: if a page ends in the middle of a
   * name, the next page starts with that name again, unless the page has no other name.
   */
  async recordSets(signal: AbortSignal): Promise<readonly RecordSet[]> {
    const sets: RecordSet[] = []
    let pages = 0
    for (let start: Start | undefined = {}; start !== undefined; pages++) {
      const page = await this.page(start, signal)
      const read = (page.ResourceRecordSets ?? []).map(recordSetOf)
      const next = nextOf(page, start)
      const cut = recordName(next?.StartRecordName ?? '')
      const whole = next === undefined ? read : read.filter(({ name }) => name !== cut)
      const isCut = whole.length > 0 && whole.length < read.length
      sets.push(...(isCut ? whole : read))
      start = isCut ? { StartRecordName: next?.StartRecordName } : next
    }
    this.pages = pages
    return sets
  }

  /** The record sets of one name. */
  async recordSetsAt(name: DnsName, signal: AbortSignal): Promise<readonly RecordSet[]> {
    const sets: RecordSet[] = []
    for (let start: Start | undefined = { StartRecordName: name }; start !== undefined;) {
      const page = await this.page(start, signal)
      const read = (page.ResourceRecordSets ?? []).map(recordSetOf)
      sets.push(...read.filter((set) => set.name === name))
      start = read.at(-1)?.name === name ? nextOf(page, start) : undefined
    }
    return sets
  }

  /**
   * Makes all changes or none.
   *
   * @throws RefusedBatch if the changes themselves are wrong. After any other error they may or may not have been made.
   */
  async change(changes: readonly RecordSetChange[], signal: AbortSignal): Promise<void> {
    const { client, id, allowance } = this.options
    if (!(await allowance.changes.take(changes.length, signal))) throw aborted(signal)
    const ChangeBatch = {
      Comment: 'ecs-task-stream',
      Changes: changes.map(({ action, set }) => ({ Action: action, ResourceRecordSet: set.raw })),
    }
    await this.calling('ChangeResourceRecordSets', signal, (abortSignal) =>
      client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: id, ChangeBatch }), { abortSignal }),
    )
  }

  private page(start: Start, signal: AbortSignal): Promise<ListResourceRecordSetsResponse> {
    const { client, id } = this.options
    return this.calling('ListResourceRecordSets', signal, (abortSignal) =>
      client.send(new ListResourceRecordSetsCommand({ HostedZoneId: id, MaxItems: pageSize, ...start }), {
        abortSignal,
      }),
    )
  }

  /** One call within the account's limits, retried while the service throttles it. */
  private async calling<A>(
    action: string,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<A>,
  ): Promise<A> {
    const { allowance, clock, random } = this.options
    for (let attempt = 1; ; attempt++) {
      if (!(await allowance.requests.take(1, signal))) throw aborted(signal)
      try {
        return await call(signal)
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        if (!isBusy(error) || attempt === attempts || signal.aborted)
          throw explained(error, action, this.options.id)
        await clock.sleep(backoff(attempt, random, { base: 100, cap: 2_000 }), signal)
      }
    }
  }
}

type Start = Pick<
  ConstructorParameters<typeof ListResourceRecordSetsCommand>[0],
  'StartRecordName' | 'StartRecordType' | 'StartRecordIdentifier'
>

/** The start of the next page. Among many sets of one name, the name alone would be ambiguous. */
const nextOf = (page: ListResourceRecordSetsResponse, start: Start): Start | undefined => {
  if (page.IsTruncated !== true) return undefined
  const next: Start = {
    StartRecordName: page.NextRecordName,
    StartRecordType: page.NextRecordType,
    StartRecordIdentifier: page.NextRecordIdentifier,
  }
  if (
    next.StartRecordName === start.StartRecordName &&
    next.StartRecordType === start.StartRecordType &&
    next.StartRecordIdentifier === start.StartRecordIdentifier
  )
    throw new Error(
      `Route 53 returned a page of ${next.StartRecordName ?? 'a zone'} that points to itself as the next one`,
    )
  return next
}

const aborted = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new DOMException('aborted', 'AbortError')
