import type { DefinitionArn } from './arn.js'
import type { Binding } from './binding.js'

/** One container of a task definition, with the fields that policies read. */
export interface ContainerDefinition {
  readonly name: string
  readonly image: string | undefined
  /** Ports in the order of the definition. A `hostPort` of 0 is chosen when the task starts. */
  readonly ports: readonly Binding[]
  /** Docker labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Only `SERVICE_…` variables, which by convention are for service discovery. All others may be secrets. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether the task's health depends on a health check of this container: it is essential and has one. Default: no. */
  readonly healthCheck?: boolean
}

export type NetworkMode = 'awsvpc' | 'bridge' | 'host' | 'none'

/** One revision, which is immutable. */
export interface TaskDefinition {
  readonly arn: DefinitionArn
  readonly networkMode: NetworkMode
  readonly containers: readonly ContainerDefinition[]
}
