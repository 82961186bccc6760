import type { BackendName, Policy } from '../core/policy.js'

export interface DeploymentsOptions {
  /**
   * The name of the backend for test requests that belongs to a backend. It has endpoints while a deployment has test
   * traffic. Default: `<name>-test`.
   */
  readonly testBackend?: (backend: BackendName) => BackendName
}

/**
 * Makes a policy follow the deployments of services that deploy in stages (blue/green, canary, linear): a task of the
 * new revision gets production requests from its stage on, and its revision's share of them, by weights. Tasks of
 * services that deploy by rolling get them as soon as they run, as without it.
 *
 * Needs a source that asks ECS: `ecs({ clusters })` or `serviceDeployments()`. Leave it out where the new revision must
 * be seen at once, such as for scraping.
 *
 * @example expose: deployments(servicePorts())
 */
export const deployments = (
  policy: Policy,
  { testBackend = (backend) => `${backend}-test` }: DeploymentsOptions = {},
): Policy => ({ ...policy, deployments: { testBackend } })
