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
]
