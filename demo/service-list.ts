import type { Placement, ServiceSpec } from '../sim/ecs/service-spec.js'

type Sketch = readonly [
  name: string,
  placement: Placement,
  desiredCount: number,
  extras?: Partial<ServiceSpec>,
]

/** Starts with one of each placement, so that even a small cluster has them all. */
const sketches: readonly Sketch[] = [
  ['web', 'bridge', 8, { sidecar: true }],
  ['api', 'fargate', 6],
  ['edge', 'external', 4],
  ['jobs', 'awsvpc', 4, { sidecar: true, dualStack: true }],
  ['search', 'bridge', 5],
  ['checkout', 'fargate', 3],
  ['images', 'external', 3, { sidecar: true }],
  ['login', 'awsvpc', 3],
]

/** `count` services with unique names. */
export const serviceList = (count: number): readonly ServiceSpec[] =>
  Array.from({ length: count }, (_, n) => {
    const [name, placement, desiredCount, extras] = sketches[n % sketches.length]!
    const round = Math.floor(n / sketches.length) + 1
    return { name: round === 1 ? name : `${name}-${round}`, placement, desiredCount, ...extras }
  })
