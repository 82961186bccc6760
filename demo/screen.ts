import type { Colors } from 'picocolors/types.js'
import type { Placement } from '../sim/ecs/service-spec.js'
import { printable } from '../src/shared/codec/printable.js'
import { clip, pad } from './columns.js'
import type { EventCounts } from './cluster-life.js'
import { type Contents, disagreements } from './contents.js'
import type { CrewView, Member } from './crew.js'
import type { Figures } from './convergence.js'
import type { Spread } from './durations.js'
import { formatMs, plural, serverCount, sum } from './wording.js'

/** Everything that is shown at one moment. Times in milliseconds. */
export interface Scene {
  readonly seed: number
  readonly elapsed: number
  /** `undefined` for until Ctrl-C. */
  readonly total: number | undefined
  readonly phase: 'storm' | 'calm' | 'settling' | 'over'
  readonly services: readonly { readonly name: string; readonly placement: Placement }[]
  readonly truth: Contents
  readonly table: Contents
  readonly versions: ReadonlyMap<string, number>
  readonly events: EventCounts
  readonly figures: Figures
  readonly snapshots: number
  /** `undefined` for a single worker, which nobody kills. */
  readonly crew: CrewView | undefined
  /** Newest last. */
  readonly news: readonly { readonly at: number; readonly text: string }[]
  /** The worker's troubles, newest last. */
  readonly troubles: readonly string[]
  /** The number of messages that the worker has not acknowledged; counted only at the end, and 0 before. */
  readonly unacknowledged: number
}

/** The screen. */
export interface Surface {
  readonly colors: Colors
  readonly columns: number
  readonly rows: number
}

const machines: Readonly<Record<Placement, string>> = {
  bridge: 'EC2',
  awsvpc: 'EC2, awsvpc',
  fargate: 'Fargate',
  daemon: 'Managed Instances',
  external: 'ECS Anywhere',
}

/** The number of news lines, newest first. */
const newsLines = 4

const none: readonly string[] = []

const formatSpread = ({ p50, p95, max }: Spread): string =>
  `p50 ${formatMs(p50)}  p95 ${formatMs(p95)}  max ${formatMs(max)}`

/** `12.3 s`. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

const clockOf = ({ elapsed, total }: Scene): string =>
  total === undefined ? seconds(elapsed) : `${seconds(Math.min(elapsed, total))} of ${seconds(total)}`

const phases: Readonly<Record<Scene['phase'], string>> = {
  storm: 'the cluster is changing',
  calm: 'the cluster is idle',
  settling: 'no more changes; waiting for the table',
  over: 'finished',
}

/** One mark per server. Without colours they differ by their shape. */
const marks = { both: '■', missing: '□', stale: '×' } as const

/** What the marks mean. */
const legend = ({ colors: { green, yellow, red, dim } }: Surface): string =>
  [
    ` ${green(marks.both)} ${dim('live and in the table')}`,
    `${yellow(marks.missing)} ${dim('live, not in the table yet')}`,
    `${red(marks.stale)} ${dim('in the table, not live any more')}`,
  ].join('   ')

/** The servers of a service, those that are live first. */
const bar = (
  live: readonly string[],
  table: readonly string[],
  width: number,
  { colors }: Surface,
): string => {
  const squares = [
    ...live.map((server) =>
      table.includes(server) ? colors.green(marks.both) : colors.yellow(marks.missing),
    ),
    ...table.filter((server) => !live.includes(server)).map(() => colors.red(marks.stale)),
  ]
  const shown = squares.length > width ? [...squares.slice(0, width - 1), '…'] : squares
  return shown.join('') + ' '.repeat(width - shown.length)
}

const serviceLine = (
  { truth, table, versions }: Scene,
  { name, placement }: Scene['services'][number],
  surface: Surface,
): string => {
  const { colors } = surface
  const live = truth.get(name) ?? none
  const listed = table.get(name) ?? none
  const missing = live.filter((server) => !listed.includes(server)).length
  const stale = listed.filter((server) => !live.includes(server)).length
  const verdict =
    missing + stale === 0
      ? colors.green('✓')
      : `${colors.yellow('Δ')} ${[
          ...(missing > 0 ? [colors.yellow(`${missing} missing`)] : []),
          ...(stale > 0 ? [colors.red(`${stale} stale`)] : []),
        ].join(', ')}`
  return [
    ` ${pad(colors.bold(printable(name)), 12)}`,
    pad(colors.dim(machines[placement]), 12),
    pad(String(live.length), 4, 'right'),
    pad(String(listed.length), 5, 'right'),
    colors.dim(pad(`v${versions.get(name) ?? '–'}`, 5, 'right')),
    ` ${bar(live, listed, 18, surface)}`,
    verdict,
  ].join(' ')
}

const serviceLines = (scene: Scene, surface: Surface, room: number): readonly string[] => {
  const { services, truth, table } = scene
  if (services.length <= room) return services.map((service) => serviceLine(scene, service, surface))
  const shown = services.slice(0, Math.max(0, room - 1))
  const hidden = services.slice(shown.length)
  const wrong = new Set(disagreements(truth, table).map(({ service }) => service))
  const agreeing = hidden.filter(({ name }) => !wrong.has(name)).length
  return [
    ...shown.map((service) => serviceLine(scene, service, surface)),
    surface.colors.dim(` … and ${hidden.length} more, ${agreeing} in sync`),
  ]
}

const lostText = ({ byNextEvent, bySnapshot }: Figures): string =>
  byNextEvent.count + bySnapshot.count === 0
    ? 'none so far'
    : [
        `${byNextEvent.count} repaired by the task's next event`,
        `${bySnapshot.count} by a snapshot${bySnapshot.count === 0 ? '' : ` (max ${formatMs(bySnapshot.max)})`}`,
      ].join(', ')

const crewFacts = (
  { members, lastWriter, kills, replacements }: CrewView,
  { missing }: Figures,
  colors: Colors,
): readonly (readonly [name: string, text: string])[] => {
  const paint: Readonly<Record<Member['phase'], (text: string) => string>> = {
    alive: colors.green,
    starting: colors.yellow,
    killed: colors.red,
  }
  return [
    [
      'workers',
      [
        ...members.map(({ name, phase }) => pad(`${name} ${paint[phase](phase)}`, 10)),
        `last write: ${lastWriter ?? '–'}`,
      ].join('  '),
    ],
    [
      '',
      `${kills} killed, ${replacements} replaced, ${plural(missing, 'moment')} with a live server missing`,
    ],
  ]
}

const factLines = (scene: Scene, { colors }: Surface): readonly string[] => {
  const { events, figures, versions, snapshots, crew } = scene
  const fact = (name: string, text: string): string => ` ${colors.dim(pad(name, 12))} ${text}`
  return [
    fact(
      'events',
      `${events.sent} sent, ${events.extra} repeated, ${events.overtaken} out of order, ${events.lost} lost`,
    ),
    fact(
      'table',
      `${plural(sum(versions.values()), 'update')} of ${plural(versions.size, 'item')}, ${plural(snapshots, 'snapshot')}`,
    ),
    fact(
      'latency',
      figures.delivered.count === 0
        ? 'no change yet'
        : `${formatSpread(figures.delivered)}  (${plural(figures.delivered.count, 'change')})`,
    ),
    fact('  from queue', figures.queued.count === 0 ? '–' : formatSpread(figures.queued)),
    fact('lost changes', lostText(figures)),
    ...(crew === undefined ? [] : crewFacts(crew, figures, colors)).map(([name, text]) => fact(name, text)),
  ]
}

/** The whole frame for a terminal, never wider or higher than the surface. */
export const frame = (scene: Scene, surface: Surface): readonly string[] => {
  const { colors, columns, rows } = surface
  const title = ` ${colors.bold('cluster and table')}  ${clockOf(scene)}  ${colors.cyan(phases[scene.phase])}`
  const heading = colors.dim(
    [` ${pad('service', 12)}`, pad('runs on', 12), 'live', 'table', ' item'].join(' '),
  )
  const facts = factLines(scene, surface)
  const news = scene.news.slice(-newsLines).reverse()
  const newsText = Array.from({ length: newsLines }, (_, line) => {
    const item = news[line]
    if (item === undefined) return ''
    const text = ` ${pad(seconds(item.at), 8, 'right')}  ${printable(item.text)}`
    return line === 0 ? text : colors.dim(text)
  })
  const around = [title, '', heading, legend(surface), '', ...facts, '', ...newsText]
  // One row is for the cursor.
  const services = serviceLines(scene, surface, Math.max(1, rows - 1 - around.length))
  return [title, '', heading, ...services, legend(surface), '', ...facts, '', ...newsText]
    .slice(0, Math.max(1, rows - 1))
    .map((line) => clip(line, columns))
}

/** The state of the scene in one line, for logs. Times and counts that change all the time are not in it. */
export const plainState = ({ services, truth, table, crew, phase }: Scene): string => {
  const wrong = disagreements(truth, table)
  const missing = sum(wrong.map((each) => each.missing.length))
  const stale = sum(wrong.map((each) => each.stale.length))
  const agreement = `${services.length - wrong.length} of ${plural(services.length, 'service')} in sync`
  return [
    wrong.length === 0 ? `✓ ${agreement}` : `Δ ${agreement}: ${missing} missing, ${stale} stale`,
    `${serverCount(truth)} live, ${serverCount(table)} in the table`,
    ...(crew === undefined ? [] : [crew.members.map(({ name, phase: is }) => `${name} ${is}`).join(', ')]),
    phases[phase],
  ].join(' · ')
}
