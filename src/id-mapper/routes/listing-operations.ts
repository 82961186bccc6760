import type { ChangeFeed } from '../changes/change-feed.js'
import type { EventStreams } from '../changes/event-streams.js'
import { instanceSchema, serviceSchema } from '../index/group-view.js'
import { exactly, type JsonSchema, listOf, maybeText, text } from '../openapi/json-schema.js'
import { listContainers, listInstances, type ListOptions, listServices, listTasks } from './listing.js'
import { type Answer, inJson, type Operation, type Query, refused } from '../openapi/operation.js'
import type { Page } from './page.js'
import type { TaskIndex } from '../index/task-index.js'
import { phases } from '../index/task-record.js'
import { containerSchema, taskSchema } from '../index/task-view.js'

const word = { type: 'string', minLength: 1, maxLength: 512 } as const

const cluster = { description: "A cluster's name or ARN", schema: word }
const service = { description: "A service's name", schema: word }
const family = { description: 'The name of a task definition', schema: word }

const paging = {
  limit: {
    description: 'The most items of a page; it may have fewer. Default: 100',
    schema: { type: 'integer', minimum: 1, maximum: 1000 },
  },
  cursor: { description: 'The `next` of the page before', schema: { type: 'string', maxLength: 2048 } },
} as const

const taskQuery = {
  cluster,
  service,
  family,
  instance: { description: 'A container instance by id or ARN, or a machine: `i-…` or `mi-…`', schema: word },
  phase: { description: 'Where tasks are in their life', schema: { type: 'string', enum: phases } },
}

const beginning = (of: string) => ({ description: `How ${of} begins`, schema: word })

const pageSchema = (items: JsonSchema): JsonSchema =>
  exactly({
    items: listOf(items, 'In the order of their ids'),
    next: maybeText(
      'The cursor of the next page; null when this was the last. A page may be empty and not the last',
    ),
    position: text('The `after` with which /v1/changes tells what has changed since this page'),
  })

/** Lists of what is known, by pages, and a stream of what changes in them. */
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
      // Of before the page is read: what changes meanwhile is told again, and not lost.
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
      'Tasks by id, stopped ones too for as long as they are remembered',
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
        'Server-sent events: `added` and `changed` with a task as in /v1/tasks, `removed` with its `arn` and `id`, and `reset` where something was lost, so that tasks have to be listed anew',
      query: {
        cluster,
        service,
        family,
        after: {
          description: 'Continue after this event or `position`; the header Last-Event-ID comes before it',
          schema: { type: 'string', maxLength: 64 },
        },
      },
      speaks: 'events',
      needsWhole: true,
      answer: (asked) => streams.answer(asked),
    },
  ]
}
