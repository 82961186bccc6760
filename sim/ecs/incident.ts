import type { Random } from '../prng.js'
import type { HookAction } from './service-spec.js'
import type { SimulatedService } from './simulated-service.js'

/** Incidents in a cluster. Each returns whether it took place. */
export interface IncidentTarget {
  services(): readonly SimulatedService[]
  deploy(service: string): unknown
  redeploy(service: string): unknown
  rollBack(service: string): unknown
  stopDeployment(service: string): unknown
  continueDeployment(deployment: string, hook: string, action: HookAction): unknown
  scale(service: string, desiredCount: number): unknown
  crash(): unknown
  replaceInstance(): unknown
  exitSidecar(): unknown
  toggleAgent(): unknown
  declareSteady(service: string): unknown
}

/** Causes one random incident: mostly one that changes tasks, sometimes one that only looks like it. */
export const incident = (cluster: IncidentTarget, random: Random): void => {
  const service = random.pick(cluster.services())
  const draw = random.next()
  if (draw < 0.15) deploymentIncident(cluster, service, random)
  else if (draw < 0.45) cluster.scale(service.name, random.int(2 * service.spec.desiredCount + 1))
  else if (draw < 0.7) cluster.crash()
  else if (draw < 0.75) cluster.replaceInstance()
  else if (draw < 0.85) cluster.exitSidecar()
  else if (draw < 0.93) cluster.toggleAgent()
  else cluster.declareSteady(service.name)
}

const deploymentIncident = (
  cluster: IncidentTarget,
  { name, spec, current }: SimulatedService,
  random: Random,
): void => {
  if ((spec.strategy ?? 'ROLLING') === 'ROLLING') {
    cluster.deploy(name)
    return
  }
  const draw = random.next()
  if (!current.isInProgress) {
    if (draw < 0.25) cluster.redeploy(name)
    else cluster.deploy(name)
    return
  }
  if (draw < 0.15) cluster.rollBack(name)
  else if (draw < 0.25) cluster.stopDeployment(name)
  else if (draw < 0.3) cluster.deploy(name)
  else
    for (const { id, status } of current.hooks)
      if (status === 'AWAITING_ACTION') cluster.continueDeployment(current.arn, id, 'CONTINUE')
}
