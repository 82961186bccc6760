import type { TableName, Tables } from '../../src/inspector/tables.js'
import type { View } from '../app/place.js'

/** A view that is one table. */
export interface TableView<K extends TableName> {
  readonly title: string
  readonly table: K
  readonly none: string
  readonly question: (row: Tables[K]) => string | undefined
}

type TableViews = { readonly [K in TableName]: TableView<K> }

export const tableViews: TableViews = {
  backends: {
    title: 'Backends',
    table: 'backends',
    none: 'No task claims a backend yet.',
    question: ({ backend }) => backend,
  },
  endpoints: {
    title: 'Endpoints',
    table: 'endpoints',
    none: 'No backend has an endpoint.',
    question: ({ task }) => task,
  },
  tasks: { title: 'Tasks', table: 'tasks', none: 'No task is known.', question: ({ task }) => task },
  plan: {
    title: 'Plan',
    table: 'plan',
    none: 'Nothing to change, and nothing is skipped: the targets hold what is desired.',
    question: ({ key }) => key,
  },
  unresolved: {
    title: 'Unresolved',
    table: 'unresolved',
    none: 'Every live task is in its backends.',
    question: ({ task }) => task,
  },
  drift: {
    title: 'Drift',
    table: 'drift',
    none: 'No record belongs to others, and nobody changes ours.',
    question: ({ key }) => key,
  },
  sources: {
    title: 'Sources',
    table: 'sources',
    none: 'The worker has no source.',
    question: () => undefined,
  },
  deployments: {
    title: 'Deployments',
    table: 'deployments',
    none: 'No service deploys in stages, as far as the worker follows.',
    question: ({ service }) => service.slice(service.lastIndexOf('/') + 1),
  },
  neverIn: {
    title: 'What never got in',
    table: 'neverIn',
    none: 'No task died young since the worker started.',
    question: ({ task }) => task,
  },
}

/** The table of a view; `undefined` for views that are more than a table. */
export const tableOf = (view: View): TableName | undefined => {
  switch (view) {
    case 'now':
    case 'search':
    case 'difference':
      return undefined
    case 'never-in':
      return 'neverIn'
    case 'backends':
    case 'endpoints':
    case 'tasks':
    case 'plan':
    case 'unresolved':
    case 'drift':
    case 'sources':
    case 'deployments':
      return view
  }
}
