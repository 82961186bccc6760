import type { DefinedWorker } from './worker.js'

export interface BundledWorker {
  readonly name: string
  readonly summary: string
  /** Only the worker that is started loads the SDKs that it uses. */
  load(): Promise<DefinedWorker>
}

/** The workers that the command starts by name. */
export const bundled: readonly BundledWorker[] = [
  {
    name: 'traefik-table',
    summary: "ECS services as backends in the DynamoDB table that Traefik v1's [dynamodb] provider reads",
    load: async () => (await import('../../examples/traefik-table.js')).default,
  },
  {
    name: 'ecs-task-tracker',
    summary:
      'the drop-in for tskinn/ecs-task-tracker: its environment, its routes, its table; events from SNS over HTTP',
    load: async () => (await import('../../examples/ecs-task-tracker.js')).default,
  },
]
