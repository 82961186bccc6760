import { openApi } from '../openapi/openapi.js'
import { inJson, type Operation, refused } from '../openapi/operation.js'

const pruned = (path: '/report/event' | '/report/map'): Operation => ({
  id: path.slice(1).replace('/', '-'),
  method: 'POST',
  path,
  tag: 'about',
  summary: 'Where the agents of ecs_id_mapper reported to. Nothing reports any more',
  speaks: 'text',
  otherwise: { 410: 'Always: remove the agent' },
  needsWhole: false,
  answer: () =>
    refused(
      410,
      'this server learns from ECS by itself, and was told nothing now: remove the agent from this host',
    ),
})

/** What is no question about tasks, and the description of all operations. */
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
