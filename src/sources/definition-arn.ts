import type { DefinitionArn } from '../core/arn.js'

const pattern = /^arn:[\w-]+:ecs:[\w-]+:\d+:(daemon-task-definition|task-definition)\/([\w-]{1,255}):\d+$/

/** Whether a task may have it for its definition; what else may stand there, no operation describes. */
export const isDefinitionArn = (text: string): boolean => pattern.test(text)

/** Of a managed daemon (ECS Managed Instances): DescribeTaskDefinition refuses it. */
export const isDaemonDefinition = (definition: DefinitionArn): boolean =>
  pattern.exec(definition)?.[1] === 'daemon-task-definition'

/** The name that all revisions share. */
export const familyOf = (definition: DefinitionArn): string => pattern.exec(definition)?.[2] ?? ''
