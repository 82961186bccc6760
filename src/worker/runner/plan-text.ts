import { isDeepStrictEqual } from 'node:util'
import type { Unresolved } from '../../core/desired.js'
import { type Effect, effectText } from '../../core/effect.js'
import type { Skipped } from '../../core/plan.js'
import type { Change } from '../../core/sink.js'
import { printable } from '../../shared/codec/printable.js'
import type { SinkPlan } from './sink-plan.js'

/** What `plan` prints, as text or JSON. */
export interface PlanSummary {
  readonly sinks: readonly SinkPlan[]
  /** Whether the desired state is complete; otherwise the plan removes nothing. */
  readonly complete: boolean
  readonly unresolved: readonly Unresolved[]
}

/** One difference between two values, by path; `undefined` where a value is missing. */
type Difference = readonly [path: string, before: unknown, after: unknown]

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Two objects to compare field by field. A missing one counts as empty, two levels deep, so that new records are
 * printed field by field, too.
 */
const partsOf = (before: unknown, after: unknown, depth: number): readonly [Fields, Fields] | undefined => {
  const none = depth < 2 ? {} : undefined
  const old = before === undefined ? none : before
  const wanted = after === undefined ? none : after
  return isObject(old) && isObject(wanted) ? [old, wanted] : undefined
}

const differences = (
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): readonly Difference[] => {
  if (isDeepStrictEqual(before, after)) return []
  const parts = partsOf(before, after, path.length)
  if (parts === undefined) return [[path.join(' '), before, after]]
  const [old, wanted] = parts
  const names = new Set([...Object.keys(old), ...Object.keys(wanted)])
  return (
    [...names]
      .sort()
      // A field that the wanted value does not have is only the sink's memory of the record, and does not change.
      .filter((name) => path.length > 0 || after === undefined || wanted[name] !== undefined)
      .flatMap((name) => differences(old[name], wanted[name], [...path, name]))
  )
}

const valueBefore = (change: Change<unknown>): unknown =>
  change._tag === 'Create' ? undefined : change.before.value
const valueAfter = (change: Change<unknown>): unknown => (change._tag === 'Delete' ? undefined : change.after)

const signs = { Create: '+', Update: '~', Delete: '-' } as const

/** Whether a difference is told already by the endpoints that are added and removed. */
const isTold = ([path, before, after]: Difference, { added, removed }: Effect): boolean => {
  const text = JSON.stringify([path, before, after])
  return [...added, ...removed].some((endpoint) => text.includes(endpoint))
}

const lines = (change: Change<unknown>, effects: SinkPlan['effects']): readonly string[] => {
  const effect = effects?.get(change.key)
  const numbers = effect === undefined ? '' : `  ${effectText(effect)}`
  const all = differences(valueBefore(change), valueAfter(change))
  const found = effect === undefined ? all : all.filter((each) => !isTold(each, effect))
  return [
    `  ${signs[change._tag]} ${change._tag.toLowerCase()} ${change.key}${numbers}`,
    ...(all.length === 0 && change._tag === 'Update' ? ['      only the ownership'] : []),
    ...(effect?.removed ?? []).map((endpoint) => `      - ${endpoint}`),
    ...(effect?.added ?? []).map((endpoint) => `      + ${endpoint}`),
    ...found.flatMap(([path, before, after]) => {
      const at = path === '' ? '' : `${path}: `
      return [
        ...(before === undefined ? [] : [`      - ${at}${JSON.stringify(before)}`]),
        ...(after === undefined ? [] : [`      + ${at}${JSON.stringify(after)}`]),
      ]
    }),
  ]
}

const because: Readonly<Record<Skipped<unknown>['why'], string>> = {
  foreign: 'it belongs to another owner, or to none and the sink does not adopt',
  incomplete: 'the desired state is not complete yet',
  unjudged: 'it points to the host of a live task whose definition cannot be looked up',
  'too-much':
    'the prune guard: most of our records would go at once, so the next snapshots must confirm it; PRUNE_GUARD=off disables this',
  'emptied-only': 'the prune guard: it is emptied instead of deleted',
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** The plan as text for people. */
export const planText = ({ sinks, complete, unresolved }: PlanSummary): string =>
  [
    ...sinks.flatMap(({ sink, plan: { changes, skipped }, effects }) => [
      changes.length === 0 ? `${sink}: nothing would change` : `${sink}: ${count(changes.length, 'change')}`,
      ...changes.flatMap((change) => lines(change, effects)),
      ...skipped.flatMap(({ change, why }) => {
        const [title = '', ...rest] = lines(change, effects)
        return [`${title}  (skipped as ${why}: ${because[why]})`, ...rest]
      }),
    ]),
    ...(complete ? [] : ['The state of the clusters is incomplete, so the plan removes nothing.']),
    ...(unresolved.length === 0 ? [] : [`${count(unresolved.length, 'live task')} unresolved:`]),
    ...unresolved.map(({ task, why, detail }) => `  ? ${task}: ${why}: ${detail}`),
    '',
  ]
    .map(printable)
    .join('\n')

const plain = (change: Change<unknown>) => ({
  kind: change._tag.toLowerCase(),
  key: change.key,
  before: valueBefore(change),
  after: valueAfter(change),
})

/** The plan as one JSON document. */
export const planJson = ({ sinks, complete, unresolved }: PlanSummary): string =>
  `${printable(
    JSON.stringify({
      complete,
      sinks: sinks.map(({ sink, plan: { changes, skipped } }) => ({
        sink,
        changes: changes.map(plain),
        skipped: skipped.map(({ change, why }) => ({ ...plain(change), why })),
      })),
      unresolved,
    }),
  )}\n`
