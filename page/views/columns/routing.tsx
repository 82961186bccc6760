/** What is routed, and where to. */
import { lastSegment } from '../../../src/core/arn.js'
import { number } from '../../app/format.js'
import { StateIcon } from '../../app/icons.js'
import { Ago, Arn, Faint, Group, HeldTags, LivenessTag } from '../../table/cells.js'
import type { TableColumns } from './table-columns.js'

const clusterNames = (clusters: readonly string[]): string => clusters.map(lastSegment).join(', ')

export const backendsColumns: TableColumns<'backends'> = [
  { name: 'Backend', kind: 'main', cell: ({ backend }) => backend },
  {
    name: 'Endpoints',
    kind: 'amount',
    cell: ({ endpoints }) => (endpoints === 0 ? <span class="tag warn">empty</span> : number(endpoints)),
  },
  { name: 'In the targets', kind: 'targets', cell: ({ targets }) => <HeldTags targets={targets} /> },
  {
    name: 'Complete',
    kind: 'text',
    cell: ({ complete, incompleteBecause }) =>
      complete ? (
        <span class="state">
          <StateIcon state="ok" /> complete
        </span>
      ) : (
        <span class="state" title={incompleteBecause}>
          <StateIcon state="waiting" /> {incompleteBecause ?? 'incomplete'}
        </span>
      ),
  },
  { name: 'Idle', kind: 'amount wide', cell: ({ idle }) => (idle === 0 ? <Faint /> : number(idle)) },
  { name: 'Gone', kind: 'amount wide', cell: ({ gone }) => (gone === 0 ? <Faint /> : number(gone)) },
  {
    name: 'Cluster',
    kind: 'wide',
    cell: ({ clusters }) => <span title={clusters.join('\n')}>{clusterNames(clusters)}</span>,
  },
]

export const endpointsColumns: TableColumns<'endpoints'> = [
  { name: 'Address', kind: 'id main', cell: ({ address }) => address },
  { name: 'Backend', kind: 'text', cell: ({ backend }) => backend },
  {
    name: 'In the targets',
    kind: 'targets',
    cell: ({ targets }) => (
      <HeldTags
        targets={targets.map(({ target, held }) => ({
          target,
          held: held === undefined ? undefined : Number(held),
          wanted: 1,
        }))}
      />
    ),
  },
  { name: 'Task', kind: 'id wide', cell: ({ task }) => <Arn arn={task} /> },
  {
    name: 'Container',
    kind: 'wide',
    cell: ({ container, containerPort, protocol }) => `${container}:${containerPort}/${protocol}`,
  },
  { name: 'Zone', kind: 'wide', cell: ({ zone }) => zone ?? <Faint /> },
  {
    name: 'Weight',
    kind: 'amount',
    cell: ({ weight }) => (weight === undefined ? <Faint /> : number(weight)),
  },
]

export const tasksColumns: TableColumns<'tasks'> = [
  { name: 'Task', kind: 'id main', cell: ({ task }) => <Arn arn={task} /> },
  { name: 'Service', kind: 'text', cell: ({ group }) => <Group group={group} /> },
  { name: 'Liveness', kind: 'tags', cell: ({ liveness }) => <LivenessTag liveness={liveness} /> },
  {
    name: 'Routed',
    kind: 'text',
    cell: ({ routed, because }) =>
      routed ? (
        <span class="state">
          <StateIcon state="ok" /> routed
        </span>
      ) : (
        <span class="state" title={because?.says}>
          <StateIcon state={because?.state ?? 'unknown'} /> {because?.says ?? 'not routed'}
        </span>
      ),
  },
  {
    name: 'Status',
    kind: 'wide',
    cell: ({ lastStatus, desiredStatus }) =>
      lastStatus === desiredStatus ? lastStatus : `${lastStatus} → ${desiredStatus}`,
  },
  { name: 'Version', kind: 'amount wide', cell: ({ version }) => number(version) },
  { name: 'Age', kind: 'amount', cell: ({ createdAt }, { now }) => <Ago at={createdAt} now={now} /> },
  {
    name: 'Changed',
    kind: 'amount wide',
    cell: ({ changedAt }, { now }) => <Ago at={changedAt} now={now} />,
  },
]
