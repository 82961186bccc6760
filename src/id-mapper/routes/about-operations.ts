import { openApi } from '../openapi/openapi.js'
import { inJson, type Operation, refused } from '../openapi/operation.js'

const pruned = (path: '/report/event' | '/report/map'): Operation => ({
  id: path.slice(1).replace('/', '-'),
  method: 'POST',
  path,
  tag: 'about',
  summary: 'The former endpoint of the agents of ecs_id_mapper. Reports are ignored',
  speaks: 'text',
  otherwise: { 410: 'Always: remove the agent' },
  needsWhole: false,
  answer: () =>
    refused(410, 'this server reads from ECS itself and ignores reports: remove the agent from this host'),
})

/** The routes that are not about tasks, including the OpenAPI document. */
export const aboutOperations = (
  others: readonly Operation[],
  { guarded }: { readonly guarded: boolean },
): readonly Operation[] => {
  const operations: readonly Operation[] = [
    pruned('/report/event'),
    pruned('/report/map'),
    {
      id: 'openApi',
      method: 'GET',
      path: '/openapi.json',
      tag: 'about',
      summary: 'This document',
      speaks: 'json',
      schema: { type: 'object' },
      needsWhole: false,
      answer: () => inJson(document),
    },
  ]
  const document = openApi([...others, ...operations], { guarded })
  return operations
}
