import type { JsonSchema } from './json-schema.js'
import type { Operation } from './operation.js'

const refusal = {
  type: 'object',
  additionalProperties: false,
  required: ['error'],
  properties: { error: { type: 'string', description: 'What is wrong, and what to do' } },
}

const content = (speaks: Operation['speaks'], schema: JsonSchema | undefined) => {
  switch (speaks) {
    case 'text':
      return { 'text/plain': { schema: { type: 'string' } } }
    case 'json':
      return { 'application/json': { schema: schema ?? {} } }
    case 'events':
      return { 'text/event-stream': { schema: { type: 'string' } } }
  }
}

/** Errors are JSON unless the operation answers in text. */
const refusalContent = (speaks: Operation['speaks']) =>
  speaks === 'text' ? content('text', undefined) : content('json', refusal)

const parametersOf = ({ params = {}, query = {} }: Operation) => [
  ...Object.entries(params).map(([name, { description, schema }]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema,
  })),
  ...Object.entries(query).map(([name, { description, schema }]) => ({
    name,
    in: 'query',
    description,
    schema,
  })),
]

const responsesOf = (
  { method, speaks, schema, otherwise = {}, needsWhole, params = {}, query = {} }: Operation,
  guarded: boolean,
) => {
  const refusals: Readonly<Record<number, string>> = {
    ...(Object.keys(query).length === 0 ? {} : { 400: 'The request is invalid' }),
    ...(guarded ? { 401: 'The header x-api-key does not contain a valid secret' } : {}),
    ...otherwise,
    ...(needsWhole ? { 503: 'The state is not complete yet, or the server is at a limit' } : {}),
  }
  return {
    ...(Object.keys(params).length === 0 ? {} : { 414: { description: 'A part of the path is too long' } }),
    ...(method === 'GET' ? { 200: { description: 'The answer', content: content(speaks, schema) } } : {}),
    ...Object.fromEntries(
      Object.entries(refusals).map(([status, description]) => [
        status,
        status === '302'
          ? { description, headers: { location: { schema: { type: 'string', format: 'uri' } } } }
          : { description, content: refusalContent(speaks) },
      ]),
    ),
  }
}

const plain = { 'text/plain': { schema: { type: 'string' } } }
const readiness = {
  'application/json': {
    schema: {
      type: 'object',
      additionalProperties: false,
      required: ['ready', 'reasons'],
      properties: { ready: { type: 'boolean' }, reasons: { type: 'array', items: { type: 'string' } } },
    },
  },
}

/** The routes of every worker. */
const status = {
  '/health': {
    get: {
      operationId: 'health',
      tags: ['about'],
      summary: 'Liveness: 200 while the process runs',
      responses: { 200: { description: 'The process runs', content: plain } },
    },
  },
  '/ready': {
    get: {
      operationId: 'ready',
      tags: ['about'],
      summary: 'Whether every cluster has a complete snapshot',
      responses: {
        200: { description: 'Ready', content: readiness },
        503: { description: 'Not yet, and why', content: readiness },
      },
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      tags: ['about'],
      summary: "Metrics in Prometheus's text format",
      responses: { 200: { description: 'All metrics', content: plain } },
    },
  },
}

export interface OpenApiOptions {
  /** Whether a secret is required. */
  readonly guarded: boolean
}

/** The OpenAPI 3.1 document for operations, from the same data that routes and validates requests. */
export const openApi = (operations: readonly Operation[], { guarded }: OpenApiOptions) => ({
  openapi: '3.1.0',
  info: {
    title: 'id-mapper',
    version: '1',
    description: 'Which container, task, instance and service belong together on Amazon ECS',
  },
  tags: [
    { name: 'ids', description: 'The routes of ecs_id_mapper' },
    { name: 'listing', description: 'Lists and search, in pages' },
    { name: 'changes', description: 'A stream of changes' },
    { name: 'about', description: 'The server itself' },
  ],
  ...(guarded
    ? {
        components: { securitySchemes: { secret: { type: 'apiKey', in: 'header', name: 'x-api-key' } } },
      }
    : {}),
  paths: {
    ...Object.fromEntries(
      operations.map((operation) => [
        operation.path,
        {
          [operation.method.toLowerCase()]: {
            operationId: operation.id,
            tags: [operation.tag],
            summary: operation.summary,
            ...(guarded ? { security: [{ secret: [] }] } : {}),
            parameters: parametersOf(operation),
            responses: responsesOf(operation, guarded),
          },
        },
      ]),
    ),
    ...status,
  },
})
