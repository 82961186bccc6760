import { printable } from '../src/shared/codec/printable.js'
import { pad } from './columns.js'
import { disagreements } from './contents.js'
import type { Spread } from './durations.js'
import type { Scene, Surface } from './screen.js'
import { formatMs, plural, serverCount } from './wording.js'

/** Whether the table says what is true, and nothing is left that could change it. */
export const agreed = ({ truth, table, unacknowledged }: Scene): boolean =>
  disagreements(truth, table).length === 0 && unacknowledged === 0

/** What makes the same happen again. */
const command = ({ services, seed, total }: Scene): string =>
  [
    'npm start --',
    ...(total === undefined ? [] : [`--for ${total % 1_000 === 0 ? `${total / 1_000}s` : `${total}ms`}`]),
    `--seed ${seed} --services ${services.length}`,
  ].join(' ')

/** A row of the closing table; none for what did not happen. */
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

/** How it came out: the first line says whether truth and table agree, the rest how they came to. */
export const outcome = (scene: Scene, { colors }: Pick<Surface, 'colors'>): readonly string[] => {
  const { services, truth, table, events, figures, troubles, unacknowledged } = scene
  const wrong = disagreements(truth, table)
  const after = `after ${plural(events.told, 'event')} (${events.extra} repeated, ${events.overtaken} out of order, ${events.lost} lost)`
  const extent = `${plural(services.length, 'service')}, ${plural(serverCount(truth), 'server')}`
  return [
    agreed(scene)
      ? `${colors.green('agree')}: ${extent}, ${after}: p50 ${formatMs(figures.told.p50)}, p95 ${formatMs(figures.told.p95)}`
      : `${colors.red('do not agree')}: ${wrong.length} of ${extent}, ${after}`,
    ...wrong.flatMap(({ service, missing, stale }) => [
      ...missing.map((server) => `  ${service}: ${server} is live, and not in the table`),
      ...stale.map((server) => `  ${service}: ${server} is in the table, and not live`),
    ]),
    ...(unacknowledged > 0 ? [`  ${plural(unacknowledged, 'message')} in the queue not acknowledged`] : []),
    ...(agreed(scene) ? [] : troubles.map((text) => `  worker: ${printable(text)}`)),
    ...outcomeRow('from a change to the table', figures.told),
    ...outcomeRow('once its event was in the queue', figures.queued),
    ...outcomeRow("event lost, task's next told it", figures.retold),
    ...outcomeRow('event lost, a snapshot showed it', figures.found),
    ...outcomeRow('table strayed (late event), for', figures.strayed),
    ...(figures.overtaken > 0
      ? [`  ${plural(figures.overtaken, 'change')} of the cluster taken back before the table had it`]
      : []),
    colors.dim(`  the same again: ${command(scene)}`),
  ]
}
