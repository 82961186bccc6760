import type { Logger } from 'pino'
import type { Observable } from 'rxjs'
import type { ClusterState } from '../../core/cluster-state.js'
import type { Rollout, ServiceArn } from '../../core/deployment.js'

const percent = (share: number): string => `${Math.round(share * 100) / 100} %`

/** What a person wants to know of a rollout, without what changes at every look. */
const fieldsOf = (service: ServiceArn, rollout: Extract<Rollout, { _tag: 'Shifting' }>) => ({
  service,
  deployment: rollout.deployment,
  strategy: rollout.strategy,
  status: rollout.status,
  stage: rollout.stage,
  production: percent(rollout.target.production),
  test: percent(rollout.target.test),
  ...(rollout.paused === undefined ? {} : { paused: rollout.paused.id }),
})

/** Logs each stage and each share of deployments in stages, and their ends. Deployments by rolling are not logged. */
export const logDeployments = (
  state$: Observable<Pick<ClusterState, 'deployments'>>,
  logger: Pick<Logger, 'info'>,
): void => {
  const shown = new Map<ServiceArn, string>()
  let last: ClusterState['deployments'] | undefined
  const show = (service: ServiceArn, rollout: Rollout | undefined): void => {
    if (rollout?._tag !== 'Shifting') {
      if (shown.delete(service) && rollout !== undefined)
        logger.info({ service }, 'the deployment has ended: every task of the service gets its part')
      return
    }
    const fields = fieldsOf(service, rollout)
    const text = JSON.stringify(fields)
    if (shown.get(service) === text) return
    shown.set(service, text)
    logger.info(fields, 'a deployment divides the traffic of its service')
  }
  state$.subscribe(({ deployments }) => {
    if (deployments === last) return
    const before = last
    last = deployments
    if (before === undefined)
      for (const [service, { described }] of deployments) show(service, described?.rollout)
    else deployments.diff(before, (service, _, after) => show(service, after?.described?.rollout))
  })
}
