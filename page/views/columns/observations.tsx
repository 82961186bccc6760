/** What the worker hears, and what it still waits for. */
import { lastSegment } from '../../../src/core/arn.js'
import { duration, number } from '../../app/format.js'
import { StateIcon } from '../../app/icons.js'
import { Ago, Arn, Faint } from '../../table/cells.js'
import type { TableColumns } from './table-columns.js'

export const unresolvedColumns: TableColumns<'unresolved'> = [
  { name: 'Task', kind: 'id main', cell: ({ task }) => <Arn arn={task} /> },
  { name: 'Why', kind: 'text', cell: ({ why }) => <span class="tag warn">{why}</span> },
  { name: 'What is missing', kind: 'text', cell: ({ detail }) => <span title={detail}>{detail}</span> },
  { name: 'What to do', kind: 'text wide', cell: ({ todo }) => <span title={todo}>{todo}</span> },
  { name: 'For', kind: 'amount', cell: ({ since }, { now }) => <Ago at={since} now={now} /> },
  {
    name: 'Last error',
    kind: 'text wide',
    cell: ({ failing }, { now }) =>
      failing === undefined ? (
        <Faint />
      ) : (
        <span title={`${failing.operation}: ${failing.error}`}>
          {failing.error}
          {failing.nextAt !== undefined &&
            failing.nextAt > now &&
            `, again in ${duration(failing.nextAt - now)}`}
        </span>
      ),
  },
]

export const sourcesColumns: TableColumns<'sources'> = [
  { name: 'Source', kind: 'main', cell: ({ source }) => source },
  { name: 'Deliveries', kind: 'amount', cell: ({ deliveries }) => number(deliveries) },
  {
    name: 'Last',
    kind: 'amount',
    cell: ({ lastDeliveryAt }, { now }) => <Ago at={lastDeliveryAt} now={now} />,
  },
  { name: 'Lag', kind: 'amount', cell: ({ lagMs }) => (lagMs === undefined ? <Faint /> : duration(lagMs)) },
  {
    name: 'Snapshots',
    kind: 'text wide',
    cell: ({ snapshots }, { now }) =>
      snapshots.length === 0 ? (
        <Faint />
      ) : (
        snapshots.map(({ cluster, at, tasks, tookMs, nextAt }) => (
          <span key={cluster} class="snapshot">
            {lastSegment(cluster)}: {number(tasks)} tasks, <Ago at={at} now={now} /> ago
            {tookMs !== undefined && `, took ${duration(tookMs)}`}
            {nextAt !== undefined && nextAt > now && `, next in ${duration(nextAt - now)}`}
          </span>
        ))
      ),
  },
  {
    name: 'Calls a minute',
    kind: 'amount wide',
    cell: ({ callsLastMinute }) => (callsLastMinute === undefined ? <Faint /> : number(callsLastMinute)),
  },
  {
    name: 'Undecodable',
    kind: 'amount',
    cell: ({ undecodable, lastUndecodable }) =>
      undecodable === 0 ? (
        <Faint text="0" />
      ) : (
        <span class="tag warn" title={lastUndecodable.map(({ id, reason }) => `${id}: ${reason}`).join('\n')}>
          {number(undecodable)}
        </span>
      ),
  },
  {
    name: 'Failing',
    kind: 'text',
    cell: ({ failing: [first] }) =>
      first === undefined ? (
        <span class="state">
          <StateIcon state="ok" /> nothing
        </span>
      ) : (
        <span class="state" title={first.error}>
          <StateIcon state="broken" /> {first.operation}: {first.error}
        </span>
      ),
  },
]
