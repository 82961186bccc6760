/** Runs a worker as a Lambda function: `ecs-task-stream/lambda`. */
export { lambda, type LambdaContext, type LambdaHandler, type LambdaResult } from './lambda.js'
export type { LambdaSetup } from './lambda-setup.js'
export type { DecodeError, Decoded } from '../sources/ecs-events/ecs-event.js'
