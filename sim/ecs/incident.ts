import type { Random } from '../prng.js'
import type { SimulatedCluster } from './simulated-cluster.js'

/** Does one random thing to the cluster: mostly what changes its tasks, now and then what only looks like it. */
export const incident = (cluster: SimulatedCluster, random: Random): void => {
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
