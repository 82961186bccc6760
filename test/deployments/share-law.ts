/**
 * What deployments may do to the requests of a backend, as a law for anything that says which endpoints get requests.
 * It is judged by what was described, and by the ids in the model: the tasks of a revision are started by its id,
 * whatever a description leaves out.
 */
import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import type { RevisionTraffic, Rollout, ServiceArn } from '../../src/core/deployment.js'
import { type Endpoint, trafficWeight } from '../../src/core/desired.js'
import type { ClusterEvent } from '../../src/core/event.js'
import type { BackendName, Policy } from '../../src/core/policy.js'
import { projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { cut, redelivered } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { type History, historyOf } from '../../src/testing/history.js'
import { type Operation, operation } from '../../src/testing/operation.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'

/** Says after each event which endpoints of which backend get requests, and with which weights. */
export type Balancer = () => (event: ClusterEvent) => ReadonlyMap<BackendName, readonly Endpoint[]>

type Shifting = Extract<Rollout, { _tag: 'Shifting' }>

/** Weights have 16 bits, and a backend some ten endpoints. */
const rounding = 0.001

/** The service of a backend: the only one of that name. */
const nameOf = (service: ServiceArn): BackendName => service.slice(service.lastIndexOf('/') + 1)

const idOf = (arnOrStartedBy: string): string => arnOrStartedBy.slice(arnOrStartedBy.lastIndexOf('/') + 1)

/** An endpoint with what started its task. */
interface Told {
  readonly endpoint: Endpoint
  readonly startedBy: string
}

/** Whether the definitions of a description tell its revisions apart. */
const differ = ({ source, target }: Shifting): boolean => {
  const all = [target, ...source]
  const definitions = new Set(all.map(({ definition }) => definition))
  return definitions.size === all.length && !definitions.has(undefined)
}

/** Whether a description tells which tasks are of the revision. */
const isTold = ({ startedBy }: RevisionTraffic, rollout: Shifting): boolean =>
  startedBy.length > 0 || differ(rollout)

/** Where it does not say what started them, it means all of the revision's definition. */
const isOf =
  ({ revision, startedBy, definition }: RevisionTraffic, rollout: Shifting) =>
  (told: Told): boolean =>
    idOf(told.startedBy) === idOf(revision) ||
    (startedBy.length === 0 && differ(rollout) && definition === told.endpoint.definition)

const fractionOf = (part: readonly Told[], all: readonly Told[]): number => {
  const sum = (told: readonly Told[]): number =>
    told.reduce((total, { endpoint }) => total + (trafficWeight(endpoint) ?? 1), 0)
  return part.length === 0 ? 0 : sum(part) / sum(all)
}

/** While a deployment is in progress, or was stopped. */
const checkShifting = (rollout: Shifting, live: readonly Told[], offered: readonly Told[]): void => {
  const { source, target } = rollout
  const revisions = [target, ...source]
  const said = `${rollout.stage} ${revisions.map(({ production }) => production).join('/')}`
  if (target.production === 0)
    deepStrictEqual(offered.filter(isOf(target, rollout)), [], `${said}: before its stage`)
  for (const told of offered)
    ok(
      revisions.some((revision) => isOf(revision, rollout)(told)),
      `${said}: ${told.startedBy} is of no revision`,
    )
  const served = revisions.filter(
    (revision) => revision.production > 0 && isTold(revision, rollout) && live.some(isOf(revision, rollout)),
  )
  for (const revision of revisions) {
    const others = revisions.filter((other) => other !== revision && other.production > 0)
    if (others.length === 0 || !others.every((other) => served.includes(other))) continue
    const fraction = fractionOf(offered.filter(isOf(revision, rollout)), offered)
    ok(
      fraction <= revision.production / 100 + rounding,
      `${said}: ${idOf(revision.revision)} gets ${fraction}`,
    )
  }
  for (const told of live.filter((one) => served.some((revision) => isOf(revision, rollout)(one)))) {
    const same = offered.find(({ endpoint }) => endpoint.id === told.endpoint.id)
    ok(
      same !== undefined && (trafficWeight(same.endpoint) ?? 1) > 0,
      `${said}: ${told.endpoint.id} is left out`,
    )
  }
  // A revision with a share and without an endpoint takes nobody down.
  if (
    live.some((one) => source.some((revision) => isTold(revision, rollout) && isOf(revision, rollout)(one)))
  )
    ok(offered.length > 0, `${said}: nobody is left`)
}

/** When nothing is in progress, those get all that are known, each as much as another. */
const checkSettled = (
  { startedBy }: Extract<Rollout, { _tag: 'Settled' }>,
  live: readonly Told[],
  offered: readonly Told[],
): void => {
  const known = live.filter((told) => startedBy.includes(told.startedBy))
  deepStrictEqual(
    offered.map(({ endpoint }) => endpoint.id),
    known.map(({ endpoint }) => endpoint.id),
  )
  ok(new Set(offered.map(({ endpoint }) => trafficWeight(endpoint) ?? 1)).size <= 1)
}

/** Checks every backend after every event. */
const checkMoments = (arrived: readonly ClusterEvent[], balancer: Balancer): void => {
  const balance = balancer()
  const plainly = projector({ expose: servicePorts(), covers: modelledClusters })
  let state = emptyState
  arrived.forEach((event, i) => {
    state = reduce(state, event)
    const offered = balance(event)
    const plain = plainly(state, i).backends
    const told = (endpoints: readonly Endpoint[] = []): readonly Told[] =>
      endpoints.map((endpoint) => ({ endpoint, startedBy: state.tasks.get(endpoint.task)?.startedBy ?? '' }))
    const deploying = new Map(
      [...state.deployments].map(([service, one]) => [nameOf(service), one.described]),
    )
    for (const name of new Set([...plain.keys(), ...offered.keys()])) {
      if (name.endsWith('-test')) continue
      const live = told(plain.get(name)?.endpoints)
      const given = told(offered.get(name))
      const rollout = deploying.get(name)?.rollout
      switch (rollout?._tag) {
        case undefined:
        case 'AtOnce':
          deepStrictEqual(given, live, `${name} deploys by rolling`)
          break
        case 'Settled':
          checkSettled(rollout, live, given)
          break
        case 'Shifting': {
          checkShifting(rollout, live, given)
          const tested = told(offered.get(`${name}-test`))
          ok(
            tested.every(isOf(rollout.target, rollout)) && (rollout.target.test > 0 || tested.length === 0),
            `${rollout.stage}: test requests reach another revision, or too early`,
          )
          break
        }
      }
    }
  })
}

/** In order; or late, twice, reordered, and some of them lost, and then the newest answers. */
const arrivals = ({
  events,
  lookups,
  descriptions,
  closing,
}: History): fc.Arbitrary<readonly ClusterEvent[]> =>
  fc.oneof(
    fc.constant([...events, ...descriptions, ...closing]),
    cut(events)
      .chain(redelivered)
      .map((some) => [...some, ...lookups, ...descriptions, ...closing]),
    redelivered([...events, ...descriptions, ...closing]),
  )

/** Both services that deploy in stages: see `World`. */
const staged = fc.constantFrom(0, 3)

/** Without errors of clocks, so that the deployment is seen. */
const operationOf = (
  kind: Operation['kind'],
  pick: fc.Arbitrary<number>,
  odd: fc.Arbitrary<boolean> = fc.constant(false),
): fc.Arbitrary<Operation> =>
  fc.record({
    kind: fc.constant(kind),
    pick,
    wait: fc.constantFrom(0, 1, 4),
    skew: fc.constant(0),
    odd,
  })

const anyPick = fc.nat(11)

/** A service with some tasks that deploys, among all else that may happen. */
const deploying: fc.Arbitrary<readonly Operation[]> = staged.chain((service) => {
  const picks = fc.constantFrom(service, service + 4, service + 8)
  return fc
    .tuple(
      fc.array(operationOf('launch', picks), { minLength: 1, maxLength: 3 }),
      fc.oneof(
        { weight: 2, arbitrary: operationOf('deploy', picks) },
        { weight: 1, arbitrary: operationOf('redeploy', picks) },
      ),
      fc.array(
        fc.oneof(
          { weight: 4, arbitrary: operationOf('next-stages', anyPick) },
          { weight: 2, arbitrary: operationOf('describe-deployment', picks, fc.boolean()) },
          { weight: 1, arbitrary: operationOf('launch', picks) },
          { weight: 4, arbitrary: operation },
        ),
        { minLength: 4, maxLength: 24, size: 'max' },
      ),
    )
    .map(([launches, deploy, rest]) => [...launches, deploy, ...rest])
})

/**
 * At every moment of every history: requests balanced by the published weights never reach a task of the new revision
 * before its stage, as last described, and no revision gets more than its share while the others have an endpoint; every
 * live task of a revision with a share gets some; a revision without endpoints takes nobody down; and a service that
 * deploys by rolling has what it has without the policy.
 */
export const sharesAreKept = (balancer: Balancer): fc.IProperty<[readonly ClusterEvent[]]> =>
  fc.property(
    deploying.chain((operations) => arrivals(historyOf(operations))),
    (arrived) => checkMoments(arrived, balancer),
  )

/**
 * Services that deploy by rolling have, at every moment of every history, the very backends that they have without the
 * policy: endpoints, weights, what is gone, and whether it is complete.
 */
export const rollingIsUntouched = (policy: Policy): fc.IProperty<[readonly ClusterEvent[]]> =>
  fc.property(
    histories().chain((history) => arrivals(history)),
    (arrived) => {
      const [followed, plain] = [policy, servicePorts()].map((expose) =>
        projector({ expose, covers: modelledClusters }),
      )
      let state = emptyState
      arrived.forEach((event, i) => {
        state = reduce(state, event)
        for (const name of ['api', 'mail'])
          deepStrictEqual(followed?.(state, i).backends.get(name), plain?.(state, i).backends.get(name))
      })
    },
  )
