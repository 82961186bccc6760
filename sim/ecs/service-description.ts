import { clusterArn, type Place, serviceArn } from '../../src/testing/ecs-model/place.js'
import {
  type CountTasks,
  deploymentConfiguration,
  revisionCounts,
  type TaskCounts,
} from './deployment-description.js'
import type { BalancedService } from './service-balance.js'
import type { SimulatedRevision } from './simulated-revision.js'

type Json = Readonly<Record<string, unknown>>

/** A service as DescribeServices writes it on the wire: dates are seconds with a fraction. */
export const serviceDescription = (service: BalancedService, place: Place, count: CountTasks): Json => {
  const { name, spec, desiredCount, current } = service
  const active = activeRevisions(service, count)
  const { definition } = current.primary
  const sum = (of: (counts: TaskCounts) => number): number =>
    active.reduce((total, revision) => total + of(count(revision)), 0)
  return {
    serviceArn: serviceArn(place, name),
    serviceName: name,
    clusterArn: clusterArn(place),
    loadBalancers: [],
    serviceRegistries: [],
    status: 'ACTIVE',
    desiredCount,
    runningCount: sum(({ running }) => running),
    pendingCount: sum(({ pending }) => pending),
    launchType: definition.launchType,
    taskDefinition: definition.arn,
    deploymentConfiguration: deploymentConfiguration(spec),
    deploymentController: { type: 'ECS' },
    deployments: active.map((revision) => deploymentEntry(revision, service, count)),
    events: [],
    createdAt: service.createdAt / 1000,
    currentServiceDeployment: current.arn,
    currentServiceRevisions: active.map((revision) => revisionCounts(revision, count)),
    placementConstraints: [],
    placementStrategy: [],
    schedulingStrategy: 'REPLICA',
    enableECSManagedTags: false,
    propagateTags: 'NONE',
    enableExecuteCommand: false,
  }
}

/** The primary one, and those that still are to have tasks or have some; the primary one first. */
const activeRevisions = ({ current }: BalancedService, count: CountTasks): readonly SimulatedRevision[] => [
  current.primary,
  ...current.revisions.filter((revision) => {
    const { requested, running, pending } = count(revision)
    return revision !== current.primary && requested + running + pending > 0
  }),
]

/** An entry of `deployments`, one for each revision. Its `id` is what the tasks of the revision are `startedBy`. */
const deploymentEntry = (
  revision: SimulatedRevision,
  { current }: BalancedService,
  count: CountTasks,
): Json => {
  const { requested, running, pending } = count(revision)
  const isPrimary = revision === current.primary
  return {
    id: revision.startedBy,
    status: isPrimary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: revision.definition.arn,
    desiredCount: requested,
    pendingCount: pending,
    runningCount: running,
    failedTasks: 0,
    createdAt: revision.createdAt / 1000,
    updatedAt: (isPrimary ? current.updatedAt : revision.createdAt) / 1000,
    launchType: revision.definition.launchType,
    ...(!current.isStaged && {
      rolloutState: isPrimary && current.isInProgress ? 'IN_PROGRESS' : 'COMPLETED',
    }),
  }
}

/** A service revision as DescribeServiceRevisions writes it. */
export const revisionDescription = (revision: SimulatedRevision, place: Place, service: string): Json => ({
  serviceRevisionArn: revision.arn,
  serviceArn: serviceArn(place, service),
  clusterArn: clusterArn(place),
  taskDefinition: revision.definition.arn,
  launchType: revision.definition.launchType,
  containerImages: revision.definition.containers.map(({ name, image, digest }) => ({
    containerName: name,
    image,
    imageDigest: digest,
  })),
  guardDutyEnabled: false,
  createdAt: revision.createdAt / 1000,
})
