import type { DefinitionArn } from '../../../core/arn.js'

const pattern = /^arn:[\w-]+:ecs:[\w-]+:\d+:(daemon-task-definition|task-definition)\/([\w-]{1,255}):\d+$/

/** Whether a task may have it for its definition; what else may stand there, no operation describes. */
export const isDefinitionArn = (text: string): boolean => pattern.test(text)

/** The name that all revisions share. */
export const familyOf = (definition: DefinitionArn): string => pattern.exec(definition)?.[2] ?? ''
