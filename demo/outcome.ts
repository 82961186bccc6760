import type { Colors } from 'picocolors/types.js'
import { printable } from '../src/shared/codec/printable.js'
import { pad } from './columns.js'
import { disagreements } from './contents.js'
import type { Spread } from './durations.js'
import type { Scene, Surface } from './screen.js'
import { formatMs, plural, serverCount, sum } from './wording.js'

/** Whether the table equals the cluster, and no unacknowledged message could change it. */
export const agreed = ({ truth, table, unacknowledged }: Scene): boolean =>
  disagreements(truth, table).length === 0 && unacknowledged === 0

/** Whether the run showed what it should: if workers were killed, also that no reader of the table could notice. */
export const succeeded = (scene: Scene): boolean =>
  agreed(scene) && (scene.crew === undefined || scene.figures.missing === 0)

/** What was shown with several workers, in one sentence. */
const crewLines = ({ crew, events, versions, figures }: Scene, { green, red }: Colors): readonly string[] => {
  if (crew === undefined) return []
  const { members, kills, replacements } = crew
  const verdict = figures.missing === 0 ? green('nobody noticed') : red('noticed')
  return [
    [
      `${verdict}: of ${members.length} workers on one queue, ${kills} killed and ${replacements} replaced`,
      plural(events.sent, 'event'),
      plural(sum(versions.values()), 'write'),
      `moments with a live server missing: ${figures.missing}`,
    ].join(', '),
  ]
}

/** The command that repeats the run. */
const command = ({ services, seed, total, crew }: Scene): string =>
  [
    'npm start --',
    ...(total === undefined
      ? ['--endless']
      : [`--for ${total % 1_000 === 0 ? `${total / 1_000}s` : `${total}ms`}`]),
    `--seed ${seed} --services ${services.length}`,
    ...(crew === undefined ? [] : [`--workers ${crew.members.length}`]),
  ].join(' ')

/** What was shown, as one sentence for people. */
const sentence = (scene: Scene): string => {
  const { services, truth, table, events, figures, elapsed, total } = scene
  const lasted = `${(Math.min(total ?? elapsed, elapsed) / 1_000).toFixed(0)} s`
  const story = `In ${lasted}, a cluster of ${plural(services.length, 'service')} told of its changes in ${plural(events.sent, 'event')}, of which ${events.lost} were lost and others came twice, late and out of order;`
  const wrong = disagreements(truth, table)
  const differing = sum(wrong.map(({ missing, stale }) => missing.length + stale.length))
  return agreed(scene)
    ? `${story} the table followed each change in ${formatMs(figures.delivered.p50)} (median), and held all ${plural(serverCount(truth), 'live server')} and no other in the end.`
    : `${story} the table did not follow to the end${differing === 0 ? '' : `, and differs in ${plural(differing, 'server')}`}.`
}

/** A row of the final table; none if the count is 0. */
const outcomeRow = (what: string, { count, p50, p95, max }: Spread): readonly string[] =>
  count === 0
    ? []
    : [
        [
          `  ${pad(what, 32)}`,
          ...[p50, p95, max].map((ms, i) => `${['p50', 'p95', 'max'][i]!} ${pad(formatMs(ms), 7, 'right')}`),
          pad(`${count}×`, 4, 'right'),
        ].join('  '),
      ]

/** The outcome: the first line says whether cluster and table agree, the rest how the table followed the cluster. */
export const outcome = (scene: Scene, { colors }: Pick<Surface, 'colors'>): readonly string[] => {
  const { services, truth, table, events, figures, troubles, unacknowledged } = scene
  const wrong = disagreements(truth, table)
  const after = `after ${plural(events.sent, 'event')} (${events.extra} repeated, ${events.overtaken} out of order, ${events.lost} lost)`
  const extent = `${plural(services.length, 'service')}, ${plural(serverCount(truth), 'server')}`
  return [
    agreed(scene)
      ? `${colors.green('in sync')}: ${extent}, ${after}: p50 ${formatMs(figures.delivered.p50)}, p95 ${formatMs(figures.delivered.p95)}`
      : `${colors.red('out of sync')}: ${wrong.length} of ${extent}, ${after}`,
    ...crewLines(scene, colors),
    ...wrong.flatMap(({ service, missing, stale }) => [
      ...missing.map((server) => `  ${service}: ${server} is live but not in the table`),
      ...stale.map((server) => `  ${service}: ${server} is in the table but not live`),
    ]),
    ...(unacknowledged > 0 ? [`  ${plural(unacknowledged, 'message')} in the queue unacknowledged`] : []),
    ...(agreed(scene) ? [] : troubles.map((text) => `  worker: ${printable(text)}`)),
    ...outcomeRow('change to table', figures.delivered),
    ...outcomeRow('queue to table', figures.queued),
    ...outcomeRow('lost event, next event fixed it', figures.byNextEvent),
    ...outcomeRow('lost event, a snapshot fixed it', figures.bySnapshot),
    ...outcomeRow('table was wrong (late event)', figures.strayed),
    ...(figures.overtaken > 0
      ? [`  ${plural(figures.overtaken, 'change')} reverted before the table showed it`]
      : []),
    colors.dim(`  to repeat: ${command(scene)}`),
    '',
    sentence(scene),
  ]
}
