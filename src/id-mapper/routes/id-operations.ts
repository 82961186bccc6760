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

/** From which id one asks. */
interface Side {
  readonly path: string
  readonly what: string
  readonly id: string
  readonly query: NonNullable<Operation['query']>
  readonly find: (asked: Asked) => Found<Containers>
  /** The ids of the other side. */
  readonly others: (containers: Containers) => readonly string[]
}

/** What is asked about the containers that an id leads to. */
interface Question {
  /** Behind the id in the path; empty for the other side's id. */
  readonly name: string
  readonly summary: string
  readonly speaks: 'text' | 'json'
  readonly query?: Operation['query']
  readonly schema?: JsonSchema
  readonly answer: (containers: Containers, asked: Asked, side: Side) => Answer
}

/** One is itself and several are a list, as ecs_id_mapper would have it for tasks of one container. */
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
    summary: `The URL of the container in ${tool}; of several containers, one a line`,
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
      summary: 'The id of the other side; several, one a line',
      speaks: 'text',
      answer: (containers, _, { others }) => {
        const ids = others(containers)
        return ids.length === 0
          ? refused(
              404,
              'the task is known, and has no container id yet: its containers are still to be made',
            )
          : inText(ids.join('\n'))
      },
    },
    {
      name: '_all',
      summary: 'All that is known of the container; of several containers, a list',
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
      summary: 'All URLs that there are for the container; of several containers, a list',
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
    id: "The id that the container's runtime gave it, or how it begins; also one from before a restart",
    query: {},
    find: ({ params: { id = '' } }) => findContainers(index, id),
    others: ([first]) => (first === undefined ? [] : [first.record.id]),
  },
  {
    path: 'task_id',
    what: 'task',
    id: "The task's id or how it begins, <cluster>/<id>, or its ARN; with %2F for a slash",
    query: {
      container: {
        description: 'Of the containers of the task only the one of this name',
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
      ? `no ${side.what} is known whose id is, or begins with, "${id}"`
      : `no container "${container}" is known of a task whose id is, or begins with, "${id}"`,
  )

/** From a container's id to its task and from a task's to its containers, by the routes of ecs_id_mapper. */
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
        300: 'Several tasks, or several URLs, answer to it: they are listed',
        ...(query.redir === undefined ? {} : { 302: 'To the URL' }),
        404: 'Nothing that is known answers to it',
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
                `several tasks answer to "${asked.params['id'] ?? ''}": give more of the id`,
                ...lines,
                ...(found.more ? ['and more'] : []),
              ].join('\n'),
            )
          }
        }
      },
    })),
  )
