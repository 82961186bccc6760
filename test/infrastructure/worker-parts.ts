/** What each worker's role is for: headings of docs/iam.md. */
const knowledge = ['ecsSnapshots', 'instanceAddresses', 'taskDefinitions']
const routing = [...knowledge, 'serviceDeployments']
export const parts: Readonly<Record<string, readonly string[]>> = {
  'traefik-table': ['sqs', ...routing, 'traefikTable'],
  'ecs-task-tracker': [...routing, 'traefikTable'],
  'srv-records': ['sqs', ...routing, 'srvRecords'],
  'traefik-http': ['sqs', ...routing],
  envoy: ['sqs', ...routing],
  target: ['sqs', ...routing, 'eventBridge'],
  prometheus: ['sqs', ...knowledge],
  'id-mapper': ['sqs', ...knowledge],
  'task-proxy': routing,
  lambda: [...knowledge, 'traefikTable'],
}

/** Whose templates let the worker continue deployments. A proxy is one of many, none of which knows the others. */
export const drivers = ['traefik-table', 'ecs-task-tracker', 'srv-records', 'traefik-http', 'envoy', 'target']
