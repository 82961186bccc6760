import { lastSegment } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { type Backend, formatAddress, type Unresolved } from '../../core/desired.js'
import type { Explanation as Answer } from '../../core/explain/explain.js'
import { explanationText } from '../explain/explanation-text.js'
import { printable } from '../../shared/codec/printable.js'
import type { Explanation, ReplaySummary } from './summary.js'
import type { FactChange } from './task-facts.js'
import type { TaskTimeline, TimelineStep, Told } from './task-timeline.js'

/** What `replay` prints. */
export interface ReplayOutput {
  /** The end of the replayed period, or `undefined` for everything. */
  readonly until: Millis | undefined
  readonly summary: ReplaySummary
  readonly explanation: Explanation | undefined
  /** The answer to a question that is not the name of a backend. */
  readonly answer: Answer | undefined
}

const time = (at: Millis): string => new Date(at).toISOString()

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** The end of the ARN: `task/<cluster>/<id>`. */
const shortArn = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1)

const backendTitle = ({ name, endpoints, gone, complete }: Backend): string =>
  [
    `${name}: ${count(endpoints.length, 'endpoint')}`,
    ...(gone.length === 0 ? [] : [`${gone.length} gone`]),
    complete ? 'complete' : 'incomplete: there may be more',
  ].join(', ')

const backendLines = (backend: Backend): readonly string[] => [
  backendTitle(backend),
  ...backend.endpoints.map((endpoint) => {
    const { task, container, containerPort, protocol } = endpoint
    return `  + ${formatAddress(endpoint)}  ${shortArn(task)}  ${container}:${containerPort}/${protocol}`
  }),
  ...backend.gone.map((address) => `  - ${formatAddress(address)}`),
]

const fact = ({ fact, before, after }: FactChange): string =>
  before === undefined ? `${fact} ${after ?? ''}` : `${fact} ${before} → ${after ?? 'nothing'}`

const observation = (told: Told): string => {
  switch (told._tag) {
    case 'Observed':
      return `version ${told.version} of ${time(told.at)}${told.by === 'snapshot' ? ', in a snapshot' : ''}`
    case 'Omitted':
      return `not in the snapshot started at ${time(told.at)}`
    case 'Learned':
      return 'learned'
  }
}

const effect = ({ told, news, changes }: TimelineStep): string => {
  const facts = changes.map(fact).join(', ')
  switch (told._tag) {
    case 'Observed': {
      const isOlder = told.known !== undefined && told.version < told.known
      if (!news)
        return isOlder
          ? `ignored: older than the known version ${told.known}`
          : 'ignored: nothing new about this version'
      if (isOlder) return `older version, adds what was missing: ${facts}`
      return facts === '' ? 'nothing else is new' : facts
    }
    case 'Omitted':
      return told.rulesOut
        ? 'ruled out: the snapshot is newer by more than the skew allowance'
        : 'kept: the snapshot is not newer by more than the skew allowance'
    case 'Learned':
      return facts
  }
}

const stepLines = (step: TimelineStep, before: TimelineStep | undefined): readonly string[] => {
  const { received, source, file, line, told, standing } = step
  return [
    `      ${time(received)}  ${source ?? 'event'}  ${lastSegment(file)}:${line}`,
    `        ${observation(told)}: ${effect(step)}`,
    ...(standing === before?.standing ? [] : [`        ⇒ ${standing}`]),
  ]
}

const timelineLines = ({ task, steps, standing }: TaskTimeline): readonly string[] => [
  `  ${shortArn(task.arn)}: ${standing}`,
  ...steps.flatMap((step, i) => stepLines(step, steps[i - 1])),
]

const explanationLines = ({ name, backend, timelines }: Explanation): readonly string[] => [
  ...(backend === undefined ? [`${name}: no endpoints, and none known to be gone`] : backendLines(backend)),
  '',
  `${count(timelines.length, 'task')}, with what was received about each:`,
  ...timelines.flatMap(timelineLines),
]

/** Unresolved live tasks; if one backend is explained, only those of that backend. */
const unresolvedOf = ({ summary, explanation }: ReplayOutput): readonly Unresolved[] => {
  const tasks = explanation && new Set(explanation.timelines.map(({ task }) => task.arn))
  return [...summary.desired.unresolved.values()].filter(({ task }) => tasks?.has(task) !== false)
}

/** The summary as text for people. */
export const replayText = (output: ReplayOutput): string => {
  const { until, summary, explanation, answer } = output
  const { desired, deliveries, last, unmarked } = summary
  const unresolved = unresolvedOf(output)
  const backends = [...desired.backends.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const received = [
    `${count(deliveries, 'delivery').replace(/ys$/, 'ies')} received${until === undefined ? '' : ` until ${time(until)}`}${
      last === undefined ? '' : `, the last at ${time(last)}`
    }`,
    '',
  ]
  // It says itself what is not known, of what was asked for.
  if (answer !== undefined)
    return `${received.map(printable).join('\n')}\n${explanationText({ ...answer, complete: unmarked.length === 0 })}`
  return [
    ...received,
    ...(explanation === undefined ? backends.flatMap(backendLines) : explanationLines(explanation)),
    ...(unmarked.length === 0 ? [] : ['', `No complete snapshot: ${unmarked.map(lastSegment).join(', ')}`]),
    ...(unresolved.length === 0 ? [] : ['', `${count(unresolved.length, 'live task')} unresolved:`]),
    ...unresolved.map(({ task, why, detail }) => `  ? ${shortArn(task)}: ${why}: ${detail}`),
    '',
  ]
    .map(printable)
    .join('\n')
}

/** The summary as one JSON document. */
export const replayJson = (output: ReplayOutput): string => {
  const { until, summary, explanation, answer } = output
  const { desired, deliveries, last, unmarked } = summary
  return `${printable(
    JSON.stringify({
      until,
      deliveries,
      last,
      complete: desired.complete,
      unmarked,
      backends: [...desired.backends.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      unresolved: unresolvedOf(output),
      explanation: explanation && {
        backend: explanation.name,
        tasks: explanation.timelines.map(({ task, standing, steps }) => ({
          task: task.arn,
          standing,
          steps,
        })),
      },
      answer,
    }),
  )}\n`
}
