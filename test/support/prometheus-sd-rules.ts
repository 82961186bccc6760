/**
 * What Prometheus takes for a list of targets (discovery/targetgroup, http and file of prometheus/prometheus): one
 * group that is not so, and the whole list is refused.
 */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The only content types that its HTTP discovery takes. */
export const takesContentType = (type: string | null): boolean =>
  /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i.test(type ?? '')

export interface Target {
  /** What is scraped. */
  readonly address: string
  /** All that relabelling sees. */
  readonly labels: Readonly<Record<string, string>>
}

/** The targets of a list. Throws where Prometheus refuses it, or a target of it. */
export const targetsAsPrometheus = (list: unknown): readonly Target[] => {
  if (!Array.isArray(list)) throw new Error('not a list')
  return list.flatMap((group: unknown): Target[] => {
    if (!isObject(group)) throw new Error(`a group that is no object: ${JSON.stringify(group)}`)
    const unknown = Object.keys(group).find((key) => key !== 'targets' && key !== 'labels')
    if (unknown !== undefined) throw new Error(`unknown field "${unknown}"`)
    const { targets, labels = {} } = group
    if (!Array.isArray(targets)) throw new Error('targets is no list')
    if (!isObject(labels)) throw new Error('labels is no object')
    const own: Record<string, string> = {}
    for (const [name, value] of Object.entries(labels)) {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new Error(`"${name}" is no label name`)
      if (typeof value !== 'string') throw new Error(`label ${name} is no text`)
      own[name] = value
    }
    return targets.map((address: unknown): Target => {
      if (typeof address !== 'string') throw new Error('a target that is no text')
      if (address.includes('/')) throw new Error(`"${address}" is no host and port`)
      if (!/^(\[[^\]]+\]|[^:]+):\d+$/.test(address)) throw new Error(`"${address}" has no port`)
      if (own['__scheme__'] !== undefined && !/^https?$/.test(own['__scheme__']))
        throw new Error(`scheme ${own['__scheme__']}`)
      return { address, labels: { ...own, __address__: address } }
    })
  })
}

/** What is left of labels once relabelling is over: what a time series has. */
export const seriesLabels = ({ labels }: Target): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__')))
