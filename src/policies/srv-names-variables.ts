import type { ContainerDefinition, TaskDefinition } from '../core/task-definition.js'

export type SrvVariablesFrom = 'environment' | 'labels' | 'both'

/** `SERVICE_<container port>_NAME=<name>` of one container. */
export interface SrvVariable {
  readonly container: string
  readonly containerPort: number
  /** As it is spelled in the definition. */
  readonly variable: string
  readonly name: string
}

const variablesOf = (
  { environment, labels }: ContainerDefinition,
  from: SrvVariablesFrom,
): Readonly<Record<string, string>> => {
  switch (from) {
    case 'environment':
      return environment
    case 'labels':
      return labels
    case 'both':
      return { ...environment, ...labels }
  }
}

/**
 * The variables that name ports, in no order that means anything. Others that begin with `SERVICE_` (`SERVICE_NAME`,
 * `SERVICE_80_TAGS`) are registrator's, and not ours.
 */
export const srvVariables = (
  { containers }: TaskDefinition,
  from: SrvVariablesFrom,
): readonly SrvVariable[] =>
  containers.flatMap((container) =>
    Object.entries(variablesOf(container, from)).flatMap(([variable, name]) => {
      const [, port] = /^SERVICE_([1-9]\d*)_NAME$/.exec(variable) ?? []
      return port === undefined
        ? []
        : [{ container: container.name, containerPort: Number(port), variable, name }]
    }),
  )
