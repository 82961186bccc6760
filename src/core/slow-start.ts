import type { EndpointId, TaskArn } from './arn.js'
import { balanced } from './balanced.js'
import { sameEndpoint } from './claim.js'
import type { Clock, Millis } from './clock.js'
import type { Backend, Desired, Endpoint, Share } from './desired.js'
import { PersistentMap } from './persistent-map.js'
import type { BackendName } from './policy.js'
import { type Sliced, sliceSize } from './sliced.js'

/** A weight grows in this many steps, so that a deployment costs a target few writes. */
export const steps = 10

/** Of a service that deploys by rolling: all endpoints share all requests. */
const whole: Share = { revision: '', role: 'source', percent: 100, weight: 0 }

const scaled = ({ weight = 1 }: Endpoint, step: number): number => weight * step

/**
 * The backend with the shares of endpoints at their steps, 1 to `steps`. Within a revision the parts of its endpoints
 * change; the percentage of the revision does not. Every endpoint has a share, so that targets that keep the weights of
 * servers for others set all of them.
 */
export const warmedUp = (backend: Backend, stepOf: (id: EndpointId) => number): Backend => {
  const weights = new Map(backend.endpoints.map(({ id, weight }) => [id, weight]))
  const stepped = backend.endpoints.map((endpoint) => ({
    ...endpoint,
    share: endpoint.share ?? whole,
    weight: scaled(endpoint, stepOf(endpoint.id)),
  }))
  const endpoints = balanced(stepped).map((endpoint) => ({ ...endpoint, weight: weights.get(endpoint.id) }))
  return { ...backend, endpoints }
}

const sameBackend = (a: Backend | undefined, b: Backend): boolean =>
  a?.complete === b.complete &&
  a.gone === b.gone &&
  a.endpoints.length === b.endpoints.length &&
  a.endpoints.every((endpoint, i) => {
    const other = b.endpoints[i]
    return other !== undefined && sameEndpoint(endpoint, other)
  })

export interface SlowStartOptions {
  /** How long a weight takes to grow. */
  readonly slowStartMs: Millis
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  /** Called when weights have grown: the desired state has to be computed again. */
  readonly onStep: () => void
}

/**
 * A stage behind the projection: the weight of an endpoint grows from a tenth to all of it in the time after this worker
 * first offered it, in backends that have a warm endpoint, which takes the requests meanwhile. An endpoint of a backend
 * without one is warm at once, and so is what there is when all clusters have been read for the first time: a worker that
 * starts changes nothing.
 *
 * Time is counted in steps slept, so that no clock that jumps leaves an endpoint cold. Costs what changed, and the
 * backends in which something warms up.
 */
export class SlowStart {
  private projected = PersistentMap.empty<Backend>()
  private shown = PersistentMap.empty<Backend>()
  /** By backend, the step at which each endpoint that warms up was first offered. */
  private readonly warming = new Map<BackendName, Map<EndpointId, number>>()
  /** The tasks that waited for an answer when all clusters had been read for the first time. */
  private present: ReadonlySet<TaskArn> | undefined
  private step = 0
  private ticking = false

  constructor(private readonly options: SlowStartOptions) {}

  /** The number of steps so far: the result of `apply` changes with it. */
  get current(): number {
    return this.step
  }

  /** Pass the successive results of one projector, and the newest again after each `onStep`. */
  *apply(desired: Desired): Sliced<Desired> {
    const touched = new Set(this.warming.keys())
    let work = 0
    yield* desired.backends.diffInSlices(
      this.projected,
      (name, before, after) => {
        touched.add(name)
        this.learn(name, before, after)
      },
      sliceSize,
    )
    this.projected = desired.backends
    if (desired.awaited.length === 0) this.present ??= new Set(desired.unresolved.keys())
    for (const name of touched) {
      if (work >= sliceSize) {
        work = 0
        yield
      }
      work += 1 + (this.projected.get(name)?.endpoints.length ?? 0)
      this.show(name)
    }
    if (this.warming.size > 0 && !this.ticking) void this.tick()
    return { ...desired, backends: this.shown }
  }

  private learn(name: BackendName, before: Backend | undefined, after: Backend | undefined): void {
    const since = this.warming.get(name) ?? new Map<EndpointId, number>()
    const known = new Set(before?.endpoints.map(({ id }) => id))
    const endpoints = after?.endpoints ?? []
    const ids = new Set(endpoints.map(({ id }) => id))
    for (const id of since.keys()) if (!ids.has(id)) since.delete(id)
    const hasWarm = endpoints.some(({ id }) => known.has(id) && !since.has(id))
    if (!hasWarm) since.clear()
    else
      for (const { id, task } of endpoints)
        if (!known.has(id) && this.present?.has(task) === false) since.set(id, this.step)
    if (since.size > 0) this.warming.set(name, since)
    else this.warming.delete(name)
  }

  private show(name: BackendName): void {
    const backend = this.projected.get(name)
    if (backend === undefined) {
      this.shown = this.shown.delete(name)
      return
    }
    const since = this.warming.get(name) ?? new Map<EndpointId, number>()
    for (const [id, at] of since) if (this.step - at >= steps) since.delete(id)
    if (since.size === 0) this.warming.delete(name)
    const next = warmedUp(backend, (id) => {
      const at = since.get(id)
      return at === undefined ? steps : Math.max(1, this.step - at)
    })
    if (!sameBackend(this.shown.get(name), next)) this.shown = this.shown.set(name, next)
  }

  private async tick(): Promise<void> {
    const { slowStartMs, clock, signal, onStep } = this.options
    this.ticking = true
    const isOver = (): boolean => signal.aborted
    while (this.warming.size > 0 && !isOver()) {
      await clock.sleep(slowStartMs / steps, signal)
      if (isOver()) return
      this.step++
      onStep()
    }
    this.ticking = false
  }
}
