import { lastSegment } from '../../core/arn.js'
import type {
  BackendExplanation,
  BackendTarget,
  Listed,
  MissingTask,
} from '../../core/explain/backend-explanation.js'
import type { ChainLink } from '../../core/explain/chain.js'
import type { Explanation, Subject } from '../../core/explain/explain.js'
import type { RecordExplanation } from '../../core/explain/leftovers.js'
import type { Break, PortChain, TaskExplanation } from '../../core/explain/task-explanation.js'
import { printable } from '../../shared/codec/printable.js'

/** They differ without colour, and for a screen reader. */
const marks = { ok: 'ok', broken: 'BROKEN', waiting: 'waiting', unknown: '?' } as const

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** The end of the ARN: `task/<cluster>/<id>`. */
const shortArn = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1)

const indented = (lines: readonly string[], by = '  '): readonly string[] => lines.map((line) => by + line)

const todoLines = ({ todo }: Pick<ChainLink, 'todo'>, indent: string): readonly string[] =>
  todo === undefined ? [] : [`${indent}→ ${todo}`]

const linkLines = (link: ChainLink): readonly string[] => [
  `${link.link.padEnd(10)}  ${marks[link.state].padEnd(7)}  ${link.says}`,
  ...todoLines(link, ' '.repeat(21)),
]

/** Without the links that an earlier one keeps from being reached. */
const chainLines = (links: readonly ChainLink[]): readonly string[] => {
  const end = links.findIndex(({ state }) => state !== 'ok')
  return (end < 0 ? links : links.slice(0, end + 1)).flatMap(linkLines)
}

const isWhole = (links: readonly ChainLink[]): boolean => links.every(({ state }) => state === 'ok')

const portLines = ({
  backend,
  container,
  containerPort,
  protocol,
  address,
  links,
  targets,
}: PortChain): readonly string[] => [
  `${backend}: ${container}:${containerPort}/${protocol}${address === undefined ? '' : ` at ${address}`}`,
  ...indented(chainLines(links)),
  ...(isWhole(links)
    ? targets.flatMap(({ target, links: last }) => [`  in ${target}`, ...indented(chainLines(last), '    ')])
    : []),
]

const breakText = ({ link, state, says, backend, target }: Break): string =>
  [
    `${marks[state]} at ${link}`,
    ...(backend === undefined ? [] : [`of ${backend}`]),
    ...(target === undefined ? [] : [`in ${target}`]),
  ].join(' ') + `: ${says}`

const recordLines = ({ target, key, places, link }: RecordExplanation): readonly string[] => [
  `record ${key} in ${target}${places.length === 0 ? '' : ` → ${places.slice(0, 5).join(', ')}${places.length > 5 ? ', …' : ''}`}`,
  ...indented(linkLines(link)),
]

const taskLines = (explanation: TaskExplanation): readonly string[] => {
  const { task, group, links, ports, refused, firstBreak, leftovers } = explanation
  return [
    `${shortArn(task)}${group === undefined ? '' : ` (${group})`}: ${
      firstBreak === undefined ? 'routed' : breakText(firstBreak)
    }`,
    ...indented(chainLines(links)),
    ...(isWhole(links) ? indented(ports.flatMap(portLines)) : []),
    ...indented(refused.flatMap(linkLines)),
    ...indented(leftovers.flatMap(recordLines)),
  ]
}

const listLines = <A>({ first, more }: Listed<A>, of: (item: A) => readonly string[]): readonly string[] => [
  ...first.flatMap(of),
  ...(more === 0 ? [] : [`… and ${more} more`]),
]

const missingLines = ({ task, because }: MissingTask): readonly string[] => [
  `? ${shortArn(task)}: ${because === undefined ? 'its other ports are offered' : breakText(because)}`,
  ...(because === undefined ? [] : todoLines(because, '    ')),
]

const targetLines = ({ target, records, link }: BackendTarget): readonly string[] => [
  `in ${target}`,
  ...indented(link === undefined ? [] : linkLines(link)),
  ...indented(listLines(records, (record) => linkLines(record.link))),
]

const backendLines = (explanation: BackendExplanation): readonly string[] => {
  const { backend, complete, incompleteBecause, endpoints, gone, missing, targets } = explanation
  const total = endpoints.first.length + endpoints.more
  return [
    `backend ${backend}: ${count(total, 'endpoint')}, ${complete ? 'complete' : 'incomplete: there may be more'}`,
    ...indented(incompleteBecause.map((reason) => `because ${reason}`)),
    ...indented(
      listLines(endpoints, ({ address, task, container, containerPort }) => [
        `+ ${address}  task ${lastSegment(task)}  ${container}:${containerPort}`,
      ]),
    ),
    ...indented(listLines(gone, (address) => [`- ${address}  gone`])),
    ...indented(listLines(missing, missingLines)),
    ...indented(targets.flatMap(targetLines)),
  ]
}

const subjectLines = (subject: Subject): readonly string[] => {
  switch (subject._tag) {
    case 'Task':
      return taskLines(subject)
    case 'Backend':
      return backendLines(subject)
    case 'Record':
      return recordLines(subject)
  }
}

/** The explanation as text for people. */
export const explanationText = ({ complete, subjects, more }: Explanation): string =>
  [
    ...subjects.flatMap((subject) => [...subjectLines(subject), '']),
    ...(more === 0 ? [] : [`… and ${more} more: ask for less`, '']),
    ...(complete ? [] : ['The clusters are not known as a whole, so nothing is removed for now.', '']),
  ]
    .map(printable)
    .join('\n')

/** The explanation as one JSON document. */
export const explanationJson = (explanation: Explanation): string =>
  `${printable(JSON.stringify(explanation))}\n`
