/**
 * How to treat an endpoint that is unhealthy according to probes (`HealthObserved`), or because ECS reports its task as
 * UNHEALTHY.
 *
 * - `leave-out`: do not expose it.
 * - `keep-the-last`: do not expose it while its backend has an endpoint that is not known to be unhealthy. If all are
 *   unhealthy, expose all of them: a check that is wrong everywhere is more likely than a service that is down
 *   everywhere. All of them rather than some, so that no single task is overloaded, and the order of arrival does not
 *   matter.
 */
export type HealthPolicy = 'leave-out' | 'keep-the-last'

export const defaultHealthPolicy: HealthPolicy = 'leave-out'
