import { lastSegment } from '../../src/core/arn.js'
import type { Overview, TargetOverview } from '../../src/inspector/overview.js'
import { duration, number } from '../app/format.js'
import { StateIcon } from '../app/icons.js'
import type { LagHistory } from '../app/lag-history.js'
import type { Go } from '../app/use-place.js'
import { verdicts } from '../app/verdict.js'
import { Whole } from '../app/whole.js'
import { Ago } from '../table/cells.js'
import { LagChart } from './lag-chart.js'

const stateIcons = {
  exact: 'ok',
  settled: 'ok',
  held: 'waiting',
  starting: 'waiting',
  failing: 'broken',
} as const

const TargetLine = ({ one, series }: { readonly one: TargetOverview; readonly series: number }) => (
  <tr>
    <th scope="row">
      <i class={`swatch swatch-${(series % 4) + 1}`} aria-hidden="true" />
      {one.target}
    </th>
    <td>
      <span class="state">
        <StateIcon state={stateIcons[one.state]} /> {one.state}
      </span>
    </td>
    <td class="amount">
      <Whole text={number(one.revision)} />
    </td>
    <td class="amount differs">
      <Whole text={one.revisionsBehind === 0 ? '' : `−${number(one.revisionsBehind)}`} />
    </td>
    <td class="amount">
      <Whole text={one.lag === undefined ? '–' : duration(one.lag.p50Ms)} />
    </td>
    <td class="amount">
      <Whole text={one.lag === undefined ? '–' : duration(one.lag.p99Ms)} />
    </td>
    <td class="amount">
      <Whole text={one.behindMs === 0 ? '–' : duration(one.behindMs)} />
    </td>
    <td class="error">{one.lastError?.message ?? ''}</td>
  </tr>
)

/** How things are: one sentence for each target and for each problem, and the numbers behind them. */
export const NowView = ({
  overview,
  history,
  isPast,
  go,
}: {
  readonly overview: Overview
  readonly history: LagHistory
  /** Whether another time than now is chosen. */
  readonly isPast: boolean
  readonly go: Go
}) => (
  <div class="now">
    <h1>Now</h1>
    {isPast && <p class="hint">This is how things are now. The tables show the time that you have chosen.</p>}
    <ul class="verdicts" aria-live="polite">
      {verdicts(overview).map(({ about, state, says, view }) => (
        <li key={about} class={`verdict verdict-${state}`}>
          <StateIcon state={state} />
          {view === undefined ? (
            <span>{says}</span>
          ) : (
            <button type="button" class="ask" onClick={() => go({ view, question: '' })}>
              {says}
            </button>
          )}
        </li>
      ))}
    </ul>
    <section aria-labelledby="lag-title">
      <h2 id="lag-title">From event to target</h2>
      <p class="faint legend">p50 as a line, p99 dashed</p>
      <LagChart history={history} />
      <div class="scrolls" tabIndex={0} role="region" aria-label="Targets">
        <table class="facts targets">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">State</th>
              <th scope="col" class="amount">
                Revision
              </th>
              <th scope="col" class="amount">
                To come
              </th>
              <th scope="col" class="amount">
                p50
              </th>
              <th scope="col" class="amount">
                p99
              </th>
              <th scope="col" class="amount">
                Behind
              </th>
              <th scope="col">Last error</th>
            </tr>
          </thead>
          <tbody>
            {overview.targets.map((one, i) => (
              <TargetLine key={one.target} one={one} series={i} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
    <section aria-labelledby="snapshots-title">
      <h2 id="snapshots-title">Snapshots and acknowledgements</h2>
      <dl class="numbers">
        {overview.snapshots.map(({ cluster, at, tasks }) => (
          <div key={cluster}>
            <dt>{lastSegment(cluster)}</dt>
            <dd>
              <Whole text={`${tasks} ${duration(overview.at - (at ?? 0))}`}>
                {number(tasks)} tasks, <Ago at={at} now={overview.at} /> ago
              </Whole>
            </dd>
          </div>
        ))}
        <div>
          <dt>Unsettled</dt>
          <dd>
            {number(overview.unsettled)}
            {overview.oldestUnsettledAt !== undefined && (
              <Whole text={number(overview.unsettled)}>
                , the oldest for <Ago at={overview.oldestUnsettledAt} now={overview.at} />
              </Whole>
            )}
          </dd>
        </div>
        <div>
          <dt>Revision</dt>
          <dd>{number(overview.revision)}</dd>
        </div>
        <div>
          <dt>Runs for</dt>
          <dd>{duration(overview.at - overview.startedAt)}</dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{overview.version}</dd>
        </div>
      </dl>
    </section>
  </div>
)
