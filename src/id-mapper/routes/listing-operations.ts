import type { ChangeFeed } from '../changes/change-feed.js'
import type { EventStreams } from '../changes/event-streams.js'
import { instanceSchema, serviceSchema } from '../index/group-json.js'
import { exactly, type JsonSchema, listOf, maybeText, text } from '../openapi/json-schema.js'
import { listContainers, listInstances, type ListOptions, listServices, listTasks } from './listing.js'
import { type Answer, inJson, type Operation, type Query, refused } from '../openapi/operation.js'
import type { Page } from './page.js'
import type { TaskIndex } from '../index/task-index.js'
import { phases } from '../index/task-record.js'
import { containerSchema, taskSchema } from '../index/task-json.js'

const word = { type: 'string', minLength: 1, maxLength: 512 } as const

const cluster = { description: "A cluster's name or ARN", schema: word }
const service = { description: "A service's name", schema: word }
const family = { description: 'The name of a task definition', schema: word }

const paging = {
  limit: {
    description: 'Maximum number of items per page; a page may have fewer. Default: 100',
    schema: { type: 'integer', minimum: 1, maximum: 1000 },
  },
  cursor: { description: 'The `next` of the previous page', schema: { type: 'string', maxLength: 2048 } },
} as const

const taskQuery = {
  cluster,
  service,
  family,
  instance: { description: 'A container instance by id or ARN, or a machine: `i-…` or `mi-…`', schema: word },
  phase: { description: 'The phase of the tasks', schema: { type: 'string', enum: phases } },
}

const beginning = (of: string) => ({ description: `The beginning of ${of}`, schema: word })

const pageSchema = (items: JsonSchema): JsonSchema =>
  exactly({
    items: listOf(items, 'Ordered by id'),
    next: maybeText(
      'The cursor of the next page, or null on the last page. A page may be empty without being the last',
    ),
    position: text('The `after` for which /v1/changes sends everything that changed since this page'),
  })

/** Paginated lists of tasks, containers, services and instances, and a stream of their changes. */
export const listingOperations = (
  index: TaskIndex,
  feed: ChangeFeed,
  streams: EventStreams,
): readonly Operation[] => {
  const list = (
    name: string,
    summary: string,
    item: JsonSchema,
    query: NonNullable<Operation['query']>,
    page: (query: Query, options: ListOptions) => Page<unknown> | undefined,
  ): Operation => ({
    id: `list${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    method: 'GET',
    path: `/v1/${name}`,
    tag: 'listing',
    summary,
    query: { ...query, ...paging },
    speaks: 'json',
    schema: pageSchema(item),
    needsWhole: true,
    answer: ({ query: asked }): Answer => {
      const { limit = 100, cursor, prefix } = asked
      // Taken before the page is read, so that changes in between are sent twice rather than lost.
      const position = feed.idOf(feed.newest)
      const found = page(asked, { limit, cursor, prefix })
      return found === undefined
        ? refused(400, 'querystring/cursor is not the `next` of a page of this list')
        : inJson({ items: found.items, next: found.next ?? null, position })
    },
  })

  return [
    list(
      'tasks',
      'Tasks by id, including stopped ones while they are retained',
      taskSchema,
      { ...taskQuery, prefix: beginning("a task's id") },
      (query, options) => listTasks(index, query, options),
    ),
    list(
      'containers',
      "Containers by their task's id; with a prefix by their own",
      containerSchema,
      { ...taskQuery, prefix: beginning("a container's id") },
      (query, options) => listContainers(index, query, options),
    ),
    list(
      'services',
      'Services that have tasks, by name',
      serviceSchema,
      { cluster, prefix: beginning("a service's name") },
      (query, options) => listServices(index, query, options),
    ),
    list(
      'instances',
      'Container instances that have tasks, by id',
      instanceSchema,
      { cluster, prefix: beginning("an instance's or a machine's id") },
      (query, options) => listInstances(index, query, options),
    ),
    {
      id: 'streamChanges',
      method: 'GET',
      path: '/v1/changes',
      tag: 'changes',
      summary:
        'Server-sent events: `added` and `changed` with a task as in /v1/tasks, `removed` with its `arn` and `id`, and `reset` when changes were lost and the tasks must be listed again',
      query: {
        cluster,
        service,
        family,
        after: {
          description: 'Continue after this event or `position`; the header Last-Event-ID takes precedence',
          schema: { type: 'string', maxLength: 64 },
        },
      },
      speaks: 'events',
      needsWhole: true,
      answer: (asked) => streams.answer(asked),
    },
  ]
}
