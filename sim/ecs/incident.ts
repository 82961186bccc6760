import type { Random } from '../prng.js'
import type { SimulatedService } from './simulated-service.js'

/** Incidents in a cluster. Each returns whether it took place. */
export interface IncidentTarget {
  services(): readonly SimulatedService[]
  deploy(service: string): unknown
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
  if (draw < 0.15) cluster.deploy(service.name)
  else if (draw < 0.45) cluster.scale(service.name, random.int(2 * service.spec.desiredCount + 1))
  else if (draw < 0.7) cluster.crash()
  else if (draw < 0.75) cluster.replaceInstance()
  else if (draw < 0.85) cluster.exitSidecar()
  else if (draw < 0.93) cluster.toggleAgent()
  else cluster.declareSteady(service.name)
}
