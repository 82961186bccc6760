import type { DefinitionArn } from './arn.js'
import type { Binding } from './binding.js'

/** What a task definition says of one container; only what some policy reads. */
export interface ContainerDefinition {
  readonly name: string
  readonly image: string | undefined
  /** Ports in the order of the definition. `hostPort` 0 means chosen when the task starts. */
  readonly ports: readonly Binding[]
  /** Docker labels. */
  readonly labels: Readonly<Record<string, string>>
  /** Only variables named `SERVICE_…`, which are service discovery by convention; all others may be secrets. */
  readonly environment: Readonly<Record<string, string>>
}

export type NetworkMode = 'awsvpc' | 'bridge' | 'host' | 'none'

/** An immutable revision. */
export interface TaskDefinition {
  readonly arn: DefinitionArn
  readonly networkMode: NetworkMode
  readonly containers: readonly ContainerDefinition[]
}
