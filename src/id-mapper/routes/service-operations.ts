import { lastSegment, sameCluster } from '../../core/arn.js'
import { attributesSchema } from '../links/attributes.js'
import { containerEventsSchema, type ContainerEvents } from '../changes/container-events.js'
import { containerAttributes } from '../links/container-urls.js'
import type { Group } from '../index/groups.js'
import { exactly, listOf, text } from '../openapi/json-schema.js'
import { linkAnswer, redir } from './link-answer.js'
import type { Links } from '../links/links.js'
import { locatedContainers } from '../index/located-container.js'
import { type Asked, inJson, type Operation, refused } from '../openapi/operation.js'
import type { TaskIndex } from '../index/task-index.js'

const name = (description: string) => ({
  description,
  schema: { type: 'string', minLength: 1, maxLength: 512 },
})

const service = {
  cluster: name("The cluster's name, or its ARN with %2F for a slash"),
  service: name("The service's name"),
}

const noService = (cluster: string, named: string) =>
  refused(404, `no known task belongs to a service "${named}" in a cluster "${cluster}"`)

/** The routes of ecs_id_mapper for services and task families. */
export const serviceOperations = (
  index: TaskIndex,
  links: Links,
  events: ContainerEvents,
): readonly Operation[] => {
  const asked = ({ params: { cluster = '', service: named = '' } }: Asked) => ({
    cluster,
    named,
    /** Several, because clusters in different regions can have the same name. */
    groups: [...index.services.labelled(named)].filter(({ key, label }: Group) =>
      sameCluster(cluster, key.slice(0, -label.length - 1)),
    ),
  })

  return [
    {
      id: 'serviceAll',
      method: 'GET',
      path: '/query/service/{cluster}/{service}/_all',
      tag: 'ids',
      summary: 'The pending and running tasks of a service: everything known about each of their containers',
      params: service,
      speaks: 'json',
      schema: exactly({
        service_name: text('As requested'),
        cluster_name: text('As requested'),
        tasks: listOf(attributesSchema, 'An entry for each container of each task'),
      }),
      otherwise: { 404: 'No task of the service is known, not even a stopped one' },
      needsWhole: true,
      answer: (request) => {
        const { cluster, named, groups } = asked(request)
        if (groups.length === 0) return noService(cluster, named)
        const tasks = groups.flatMap((group) =>
          [...group.tasks.from()].filter(({ phase }) => phase === 'pending' || phase === 'running'),
        )
        return inJson({
          service_name: named,
          cluster_name: cluster,
          tasks: tasks.flatMap((record) =>
            locatedContainers(index, record).map((located) => containerAttributes(links, located)),
          ),
        })
      },
    },
    {
      id: 'serviceNewrelic',
      method: 'GET',
      path: '/query/service/{cluster}/{service}/newrelic',
      tag: 'ids',
      summary: 'The URL of the service in New Relic',
      params: service,
      query: { redir },
      speaks: 'text',
      otherwise: {
        302: 'Redirects to the URL',
        404: 'No task of the service is known, or no URL is configured',
      },
      needsWhole: true,
      answer: (request) => {
        const { cluster, named, groups } = asked(request)
        return groups.length === 0
          ? noService(cluster, named)
          : linkAnswer(
              [links.ofService({ cluster_name: lastSegment(cluster), service_name: named })],
              request.query,
            )
      },
    },
    {
      id: 'familyEvents',
      method: 'GET',
      path: '/query/events/{task_name}',
      tag: 'ids',
      summary: 'The containers of a task family that started or stopped while this server was watching',
      params: { task_name: name('The name of the task definition') },
      speaks: 'json',
      schema: containerEventsSchema,
      otherwise: { 404: 'No task of the family is known' },
      needsWhole: true,
      answer: ({ params: { task_name: family = '' } }) =>
        index.families.get(family) === undefined
          ? refused(404, `no known task belongs to a family "${family}"`)
          : inJson(events.of(family)),
    },
  ]
}
