import type { Endpoint } from '../desired.js'
import type { BackendName } from '../policy.js'
import { broken, chained, type ChainLink, ok, unknown, waiting } from './chain.js'
import type { ExplainedTarget, TargetRecord } from './explained-target.js'
import type { ExplainedWorld } from './explained-world.js'
import { isAmong } from './place.js'
import { aboutSkipped, skippedBecause } from './what-to-do.js'

type ReadTarget = Extract<ExplainedTarget, { readonly _tag: 'Read' }>

const verbs = { Create: 'created', Update: 'updated', Delete: 'deleted' } as const

/** What the plan does with a record. */
const planLink = ({ key, skipped, change }: TargetRecord): ChainLink => {
  if (skipped !== undefined && change === undefined)
    return broken(
      'plan',
      `the change of ${key} is skipped as ${skipped}: ${skippedBecause[skipped]}`,
      aboutSkipped[skipped],
    )
  return ok('plan', change === undefined ? `nothing changes in ${key}` : `${key} is to be ${verbs[change]}`)
}

const afterRead = 'the worker writes it in its next round; if it stays, look for `sink failed` and `rejected`'

/** Whether a record is as desired. */
export const recordLink = (record: TargetRecord): ChainLink => {
  const { key, owner, isOurs, held, change } = record
  const plan = planLink(record)
  if (plan.state !== 'ok') return plan
  if (change !== undefined) return waiting('target', plan.says, 'the worker writes it in its next round')
  if (held === undefined) return unknown('target', `there is no record ${key}, and none is planned`)
  return ok(
    'target',
    isOurs ? `${key} is as desired` : `${key} is as desired, although it belongs to ${owner ?? 'nobody'}`,
  )
}

/** The record that decides about an endpoint: one that holds it, or else one that should. */
const decisive = (
  { tells }: ReadTarget,
  records: readonly TargetRecord[],
  endpoint: Endpoint,
): TargetRecord | undefined =>
  tells
    ? (records.find(({ held }) => isAmong(held, endpoint)) ??
      records.find(({ wanted }) => isAmong(wanted, endpoint)))
    : (records.find(({ skipped, change }) => skipped !== undefined || change !== undefined) ?? records[0])

/** Whether the target holds what the record should be, as far as the endpoint is concerned. */
const isHeld = (
  { tells }: ReadTarget,
  { held, change, skipped }: TargetRecord,
  endpoint: Endpoint,
): boolean =>
  tells ? isAmong(held, endpoint) : held !== undefined && change === undefined && skipped === undefined

/** The records of a backend in a target. */
export const recordsOf = (
  target: ReadTarget,
  name: BackendName,
  { desired }: ExplainedWorld,
): readonly TargetRecord[] => {
  const backend = desired.backends.get(name)
  return (backend === undefined ? [] : target.keysOf(backend)).flatMap((key) => target.records.get(key) ?? [])
}

/** How many of these endpoints of a backend a target holds; `undefined` if what it holds is not known. */
export const heldOf = (
  target: ExplainedTarget,
  name: BackendName,
  endpoints: readonly Endpoint[],
  world: ExplainedWorld,
): number | undefined => {
  if (target._tag === 'Unread') return undefined
  const records = recordsOf(target, name, world)
  return endpoints.filter((endpoint) => {
    const record = decisive(target, records, endpoint)
    return record !== undefined && isHeld(target, record, endpoint)
  }).length
}

/** The links of an endpoint in one target. `endpoint`: as desired; `undefined` if it is not. */
export const targetLinks = (
  target: ExplainedTarget,
  name: BackendName,
  endpoint: Endpoint | undefined,
  world: ExplainedWorld,
): readonly ChainLink[] => {
  if (endpoint === undefined)
    return chained(
      [
        ['plan', () => unknown('plan', 'not reached')],
        ['target', () => unknown('target', 'not reached')],
      ],
      false,
    )
  if (target._tag === 'Unread')
    return chained([
      ['plan', () => unknown('plan', `what it holds is not known: ${target.reason}`, target.todo)],
      ['target', () => unknown('target', 'not reached')],
    ])
  const record = decisive(target, recordsOf(target, name, world), endpoint)
  if (record === undefined)
    return chained([
      [
        'plan',
        () =>
          broken(
            'plan',
            'the target gets no record with it',
            'the log of the worker warns of what it leaves out',
          ),
      ],
      ['target', () => unknown('target', 'not reached')],
    ])
  if (isHeld(target, record, endpoint))
    return [
      ok('plan', record.change === undefined ? `nothing changes in ${record.key}` : `${record.key} keeps it`),
      ok(
        'target',
        `${record.key} holds it${record.isOurs ? '' : `, although it belongs to ${record.owner ?? 'nobody'}`}`,
      ),
    ]
  return chained([
    ['plan', () => planLink(record)],
    ['target', () => waiting('target', `${record.key} does not hold it yet`, afterRead)],
  ])
}
