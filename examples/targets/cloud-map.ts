/** Registers tasks in the services of an AWS Cloud Map namespace. See docs/cloud-map.md. */
import { required, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

export default defineTarget({
  name: 'cloud-map',
  summary: 'Registers tasks in the services of an AWS Cloud Map namespace',
  settings: {
    cloudMapNamespace: required(text('id', 'the id of a namespace'), {
      description: 'The id of the namespace, whose services have the names of the backends',
      example: 'ns-0123456789abcdef',
    }),
  },
  check: ({ cloudMapNamespace = 'ns-' }) =>
    cloudMapNamespace.startsWith('ns-')
      ? []
      : [
          {
            settings: ['cloudMapNamespace'],
            message: 'an id begins with ns-; "aws servicediscovery list-namespaces" lists the ids',
            example: 'CLOUD_MAP_NAMESPACE=ns-0123456789abcdef',
          },
        ],
  sink: async ({ cloudMapNamespace }, { region }) => {
    // Loaded here, because `--help` needs none of it.
    const { cloudMap } = await import('ecs-task-stream/sinks/cloud-map')
    return cloudMap({ namespaceId: cloudMapNamespace, region })
  },
})
