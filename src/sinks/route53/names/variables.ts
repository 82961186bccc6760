import type { ContainerDefinition, TaskDefinition } from '../../../core/task-definition.js'

export type SrvVariablesFrom = 'environment' | 'labels' | 'both'

/** `SERVICE_<container port>_NAME=<name>` of one container. */
export interface SrvVariable {
  readonly container: string
  readonly containerPort: number
  /** As spelled in the definition. */
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
 * Variables that look like one that names a port, but are not: `SERVICE_080_NAME`, `SERVICE_80_tcp_NAME`,
 * `SERVICE_80_NAME.1`.
 */
const nearForm = /^SERVICE_(?:\d[^_]*|\d+_(?:tcp|udp))_NAME.*$/i
const form = /^SERVICE_([1-9]\d*)_NAME$/

/** Warnings for people: variables that were probably meant to name a port, but do not. */
export const srvVariableFaults = (
  { containers }: TaskDefinition,
  from: SrvVariablesFrom,
): readonly string[] =>
  containers.flatMap((container) =>
    Object.keys(variablesOf(container, from))
      .filter((variable) => nearForm.test(variable) && !form.test(variable))
      .sort()
      .slice(0, 3)
      .map(
        (variable) =>
          `${JSON.stringify(variable.slice(0, 80))} of container ${container.name} names no port, and has no effect: ` +
          'expected SERVICE_<container port>_NAME, such as SERVICE_8080_NAME',
      ),
  )

/**
 * The variables that name ports, in no particular order. Others with the prefix `SERVICE_` (`SERVICE_NAME`,
 * `SERVICE_80_TAGS`) belong to registrator.
 */
export const srvVariables = (
  { containers }: TaskDefinition,
  from: SrvVariablesFrom,
): readonly SrvVariable[] =>
  containers.flatMap((container) =>
    Object.entries(variablesOf(container, from)).flatMap(([variable, name]) => {
      const [, port] = form.exec(variable) ?? []
      return port === undefined
        ? []
        : [{ container: container.name, containerPort: Number(port), variable, name }]
    }),
  )
