import type { ServiceSpec } from '../../sim/ecs/service-spec.js'

/** What the simulated cluster runs. Bake times last minutes elsewhere; here, some seconds. */
export const demoServices: readonly ServiceSpec[] = [
  { name: 'web', placement: 'bridge', desiredCount: 8, sidecar: true },
  { name: 'api', placement: 'fargate', desiredCount: 6 },
  { name: 'edge', placement: 'external', desiredCount: 4 },
  { name: 'jobs', placement: 'awsvpc', desiredCount: 4 },
  { name: 'search', placement: 'bridge', desiredCount: 5, strategy: 'BLUE_GREEN', bakeMinutes: 0.1 },
  {
    name: 'checkout',
    placement: 'fargate',
    desiredCount: 3,
    strategy: 'CANARY',
    stepPercent: 10,
    stepBakeMinutes: 0.1,
    bakeMinutes: 0.1,
  },
]

export const strategyNames = ['ROLLING', 'BLUE_GREEN', 'CANARY'] as const

/** How a service deploys. */
export type Strategy = (typeof strategyNames)[number]

/** The names of those that deploy that way. */
export const deployedBy = (strategy: Strategy): readonly string[] =>
  demoServices.flatMap((spec) => ((spec.strategy ?? 'ROLLING') === strategy ? [spec.name] : []))
