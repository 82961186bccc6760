import type { ClusterState } from './cluster-state.js'
import { revisionOf, type RevisionTraffic, type Rollout, serviceOfTask } from './deployment.js'
import type { Task } from './task.js'

/** The traffic that the deployment of its service gives to a live task. */
export type Traffic =
  /** All that it can get. The service deploys by rolling, or the task belongs to none. */
  | { readonly _tag: 'AtOnce' }
  /** That of its revision, in percent of the requests to the backend. `role`: `unknown` gets none. */
  | {
      readonly _tag: 'Share'
      readonly revision: string
      readonly role: 'source' | 'target' | 'unknown'
      readonly production: number
      readonly test: number
      /** Why it has no production traffic, for people. */
      readonly held: string | undefined
    }
  /** It is not known yet: ECS is being asked. */
  | { readonly _tag: 'Unknown'; readonly detail: string }

export const atOnce: Traffic = { _tag: 'AtOnce' }

const stageOf = ({ deployment, stage, status, strategy }: Extract<Rollout, { _tag: 'Shifting' }>): string =>
  `deployment ${deployment.slice(deployment.lastIndexOf('/') + 1)} (${strategy}, ${status}) is in stage ${stage}`

const shareOf = (
  revision: RevisionTraffic | undefined,
  rollout: Extract<Rollout, { _tag: 'Shifting' }>,
): Traffic => {
  if (revision === undefined)
    return {
      _tag: 'Share',
      revision: '',
      role: 'unknown',
      production: 0,
      test: 0,
      held: `its revision cannot be told, so it gets no traffic until the deployment ends: ${stageOf(rollout)}`,
    }
  const { production, test } = revision
  return {
    _tag: 'Share',
    revision: revision.revision,
    role: revision === rollout.target ? 'target' : 'source',
    production,
    test,
    held: production > 0 ? undefined : `its revision has no production traffic: ${stageOf(rollout)}`,
  }
}

/** The traffic of a task, by what is known about its service's deployments. */
export const trafficOf = (task: Task, { deployments }: Pick<ClusterState, 'deployments'>): Traffic => {
  if (deployments.size === 0) return atOnce
  const service = serviceOfTask(task)
  const rollout = service === undefined ? undefined : deployments.get(service)?.described?.rollout
  switch (rollout?._tag) {
    case undefined:
    case 'AtOnce':
      return atOnce
    case 'Settled':
      return rollout.startedBy.includes(task.startedBy ?? '')
        ? { _tag: 'Share', revision: '', role: 'source', production: 100, test: 0, held: undefined }
        : { _tag: 'Unknown', detail: 'ECS is being asked whether a deployment holds back its traffic' }
    case 'Shifting':
      return shareOf(revisionOf(task, rollout), rollout)
  }
}
