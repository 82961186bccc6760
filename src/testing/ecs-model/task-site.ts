import type { Place } from './place.js'
import type { Pool } from './pool.js'
import type { InterfaceFacts } from './task-facts.js'

/** A container instance, as the tasks on it see it. */
export interface SiteInstance {
  readonly arn: string
  readonly privateIp: string
  /** Whether Docker binds its ports for IPv6 as well. */
  readonly dualStack: boolean
  /** TCP and UDP have separate ports: the same number may be in use in both. */
  readonly ports: Readonly<Record<'tcp' | 'udp', Pool>>
}

/** A network interface, without what changes while its task lives. */
export type SiteInterface = Omit<InterfaceFacts, 'status'>

/** Where a task is placed: on an instance, on its own network interface, or (awsvpc on EC2) both. */
export interface TaskSite {
  readonly place: Place
  readonly instance: SiteInstance | undefined
  readonly networkInterface: SiteInterface | undefined
  readonly availabilityZone: string
}
