import type { DefinitionArn } from '../../../core/arn.js'

const pattern = /^arn:[\w-]+:ecs:[\w-]+:\d+:(daemon-task-definition|task-definition)\/([\w-]{1,255}):\d+$/

/** Whether a text is a task definition ARN that an ECS operation can describe. */
export const isDefinitionArn = (text: string): boolean => pattern.test(text)

/** The family name, shared by all revisions. */
export const familyOf = (definition: DefinitionArn): string => pattern.exec(definition)?.[2] ?? ''
