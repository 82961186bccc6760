/**
 * What becomes of an endpoint that is known to be unhealthy: by our own probes (`HealthObserved`), or because ECS says
 * UNHEALTHY of its task.
 *
 * - `leave-out`: it is not offered.
 * - `keep-the-last`: it is not offered while its backend has another that is not known to be unhealthy. When all are,
 *   all of them are offered: a check that is wrong everywhere is more likely than a service that is down everywhere,
 *   and those who are asked at least can answer. All and not some, so that what is left is not one overloaded task,
 *   and no order of arrival decides which.
 */
export type HealthPolicy = 'leave-out' | 'keep-the-last'

export const defaultHealthPolicy: HealthPolicy = 'leave-out'
