import type { Millis } from '../../src/core/clock.js'

/** The views, in the order of the navigation. */
export const views = [
  'now',
  'search',
  'backends',
  'endpoints',
  'tasks',
  'plan',
  'unresolved',
  'drift',
  'sources',
  'deployments',
  'never-in',
  'difference',
] as const

export type View = (typeof views)[number]

/** What the page shows. It is in the address, so that a link is a bug report. */
export interface Place {
  readonly view: View
  /** The filter of a table. */
  readonly filter: string
  /** What is explained: a backend, a task, an address, or any other question. */
  readonly question: string
  /** The time that is shown; `undefined` for now. */
  readonly at: Millis | undefined
  /** The earlier time that `difference` compares with. */
  readonly since: Millis | undefined
}

export const home: Place = { view: 'now', filter: '', question: '', at: undefined, since: undefined }

const isView = (text: string | null): text is View => views.some((view) => view === text)

/** A time as in a link: ISO 8601, or milliseconds since 1970. */
const momentIn = (text: string | null): Millis | undefined => {
  if (text === null || text === '') return undefined
  const at = /^\d{10,}$/.test(text) ? Number(text) : Date.parse(text)
  return Number.isFinite(at) ? at : undefined
}

/** The name of the question in a link, by what a view lists. */
const questionKey = (view: View): 'backend' | 'task' | 'q' => {
  switch (view) {
    case 'backends':
    case 'endpoints':
    case 'difference':
      return 'backend'
    case 'tasks':
    case 'unresolved':
    case 'never-in':
      return 'task'
    case 'now':
    case 'search':
    case 'plan':
    case 'drift':
    case 'sources':
    case 'deployments':
      return 'q'
  }
}

/** Reads the query of an address, such as `?at=…&backend=web`. Ignores what it does not know. */
export const placeIn = (search: string): Place => {
  const query = new URLSearchParams(search)
  const [backend, task, q] = [query.get('backend'), query.get('task'), query.get('q')]
  const asked = query.get('view')
  const implied = backend !== null ? 'backends' : task !== null ? 'tasks' : q !== null ? 'search' : 'now'
  return {
    view: isView(asked) ? asked : implied,
    filter: query.get('filter') ?? '',
    question: backend ?? task ?? q ?? '',
    at: momentIn(query.get('at')),
    since: momentIn(query.get('since')),
  }
}

/** The query of an address, without what is as at `home`. */
export const searchOf = ({ view, filter, question, at, since }: Place): string => {
  const query = new URLSearchParams()
  // A question alone would imply another view.
  if (view !== home.view || question !== '') query.set('view', view)
  if (filter !== '') query.set('filter', filter)
  if (question !== '') query.set(questionKey(view), question)
  if (since !== undefined) query.set('since', new Date(since).toISOString())
  if (at !== undefined) query.set('at', new Date(at).toISOString())
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
