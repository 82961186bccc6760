import { attributesSchema, textAttributes } from '../links/attributes.js'
import { containerAttributes, containerUrls, urlsSchema } from '../links/container-urls.js'
import { findContainers, findTask, type Found } from '../index/find.js'
import type { JsonSchema } from '../openapi/json-schema.js'
import { linkAnswer, redir } from './link-answer.js'
import type { Links } from '../links/links.js'
import { type LocatedContainer, locatedContainers } from '../index/located-container.js'
import { type Answer, type Asked, inJson, inText, type Operation, refused } from '../openapi/operation.js'
import type { TaskIndex } from '../index/task-index.js'

type Containers = readonly LocatedContainer[]

/** One direction of a lookup: from a container's id, or from a task's id. */
interface Side {
  readonly path: string
  readonly what: string
  readonly id: string
  readonly query: NonNullable<Operation['query']>
  readonly find: (asked: Asked) => Found<Containers>
  /** The ids of the other side. */
  readonly others: (containers: Containers) => readonly string[]
}

/** One question about the containers that belong to an id. */
interface Question {
  /** The last part of the path, after the id; empty for the ids of the other side. */
  readonly name: string
  readonly summary: string
  readonly speaks: 'text' | 'json'
  readonly query?: Operation['query']
  readonly schema?: JsonSchema
  readonly answer: (containers: Containers, asked: Asked, side: Side) => Answer
}

/** A single item or a list of several, which keeps ecs_id_mapper's format for tasks with one container. */
const oneOrAll = <A>(all: readonly A[]): A | readonly A[] => {
  const [first, second] = all
  return first !== undefined && second === undefined ? first : all
}

const oneOrSeveral = (schema: JsonSchema): JsonSchema => ({
  anyOf: [schema, { type: 'array', items: schema, minItems: 2 }],
})

const questions = (links: Links): readonly Question[] => {
  const link = (
    name: string,
    kind: 'cadvisorUrl' | 'graylogUrl' | 'newRelicUrl',
    tool: string,
  ): Question => ({
    name,
    summary: `The URL of the container in ${tool}; one per line for several containers`,
    speaks: 'text',
    query: { redir },
    answer: (containers, { query }) =>
      linkAnswer(
        containers.map((located) => links.ofContainer(kind, located, textAttributes(located))),
        query,
      ),
  })
  return [
    {
      name: '',
      summary: "The id of a container's task, or the ids of a task's containers, one per line",
      speaks: 'text',
      answer: (containers, _, { others }) => {
        const ids = others(containers)
        return ids.length === 0
          ? refused(404, 'the task has no container id yet: its containers have not been created')
          : inText(ids.join('\n'))
      },
    },
    {
      name: '_all',
      summary: 'Everything known about the container; a list for several containers',
      speaks: 'json',
      schema: oneOrSeveral(attributesSchema),
      answer: (containers) =>
        inJson(oneOrAll(containers.map((located) => containerAttributes(links, located)))),
    },
    link('cadvisor', 'cadvisorUrl', 'cAdvisor'),
    link('graylog', 'graylogUrl', 'Graylog'),
    link('newrelic', 'newRelicUrl', 'New Relic'),
    {
      name: 'urls',
      summary: 'All URLs for the container; a list for several containers',
      speaks: 'json',
      schema: oneOrSeveral(urlsSchema),
      answer: (containers) => inJson(oneOrAll(containers.map((located) => containerUrls(links, located)))),
    },
  ]
}

const sides = (index: TaskIndex): readonly Side[] => [
  {
    path: 'container_id',
    what: 'container',
    id: "The container's runtime id or its beginning; also an id from before a restart",
    query: {},
    find: ({ params: { id = '' } }) => findContainers(index, id),
    others: ([first]) => (first === undefined ? [] : [first.record.id]),
  },
  {
    path: 'task_id',
    what: 'task',
    id: "The task's id or its beginning, <cluster>/<id>, or its ARN; with %2F for a slash",
    query: {
      container: {
        description: 'Select the container of this name in the task',
        schema: { type: 'string', minLength: 1, maxLength: 255 },
      },
    },
    find: ({ params: { id = '' }, query: { container } }) => {
      const found = findTask(index, id)
      if (found._tag !== 'Found') return found
      const located = locatedContainers(index, found.value)
      const value =
        container === undefined ? located : located.filter((each) => each.container.name === container)
      return value.length === 0 ? { _tag: 'Unknown' } : { _tag: 'Found', value }
    },
    others: (containers) => containers.flatMap(({ container: { runtimeId } }) => runtimeId ?? []),
  },
]

const notFound = (side: Side, { params: { id = '' }, query: { container } }: Asked): Answer =>
  refused(
    404,
    container === undefined
      ? `no known ${side.what} has an id that starts with "${id}"`
      : `no known task with an id that starts with "${id}" has a container "${container}"`,
  )

/** The routes of ecs_id_mapper from a container's id to its task, and from a task's id to its containers. */
export const idOperations = (index: TaskIndex, links: Links): readonly Operation[] =>
  sides(index).flatMap((side) =>
    questions(links).map(({ name, summary, speaks, query = {}, schema, answer }): Operation => ({
      id: [side.what, 'by id', name]
        .filter(Boolean)
        .join(' ')
        .replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()),
      method: 'GET',
      path: `/query/${side.path}/{id}${name === '' ? '' : `/${name}`}`,
      tag: 'ids',
      summary,
      params: { id: { description: side.id, schema: { type: 'string', minLength: 1, maxLength: 512 } } },
      query: { ...side.query, ...query },
      speaks,
      ...(schema === undefined ? {} : { schema }),
      otherwise: {
        300: 'Several tasks or URLs match; they are listed',
        ...(query.redir === undefined ? {} : { 302: 'Redirects to the URL' }),
        404: 'Nothing matches',
      },
      needsWhole: true,
      answer: (asked) => {
        const found = side.find(asked)
        switch (found._tag) {
          case 'Found':
            return answer(found.value, asked, side)
          case 'Unknown':
            return notFound(side, asked)
          case 'Ambiguous': {
            const lines = found.candidates.map((each) => `${each.id} ${each.task.arn}`)
            return refused(
              300,
              [
                `several tasks match "${asked.params['id'] ?? ''}": give more of the id`,
                ...lines,
                ...(found.more ? ['and more'] : []),
              ].join('\n'),
            )
          }
        }
      },
    })),
  )
