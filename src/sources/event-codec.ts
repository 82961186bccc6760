/**
 * Events as JSON and back. Only what has a name here passes, in either direction: what a source of somebody else's
 * may have left on an event, such as environment overrides, is dropped before it is written, and again when it is
 * read.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { TaskDefinition } from '../core/task-definition.js'
import { compareBindings, type Container, type Task } from '../core/task.js'
import { count, nonEmptyString } from './lenient.js'

/** JSON has no `undefined`: an absent field, or null, becomes one. */
const maybe = <A>(codec: t.Type<A>): t.Type<A | undefined> =>
  new t.Type<A | undefined>(
    codec.name,
    (u): u is A | undefined => u === undefined || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(undefined) : codec.validate(u, context)),
    t.identity,
  )

/** Joins of tasks rely on this order: a journal that was edited by hand must not break them. */
const ascending = <A>(
  codec: t.Type<A>,
  by: string,
  compare: (a: A, b: A) => number,
): t.Type<readonly A[]> => {
  const all = t.readonlyArray(codec, 'array')
  const ascend = (list: readonly A[]): boolean =>
    list.every((item, i) => {
      const previous = list[i - 1]
      return i === 0 || previous === undefined || compare(previous, item) < 0
    })
  const ordered: t.Type<readonly A[]> = new t.Type<readonly A[]>(
    `array ordered by ${by}, each once`,
    (u): u is readonly A[] => all.is(u) && ascend(u),
    (u, context) =>
      E.chain((list: readonly A[]) =>
        ascend(list)
          ? t.success(list)
          : t.failure<readonly A[]>(u, [...context, { key: '', type: ordered, actual: u }]),
      )(all.validate(u, context)),
    t.identity,
  )
  return ordered
}

const texts = t.record(t.string, t.string, 'object of texts')

/** All other variables may be secrets: see `ContainerDefinition`. */
const discoveryVariables = new t.Type<Readonly<Record<string, string>>>(
  texts.name,
  texts.is,
  (u, context) =>
    E.map((all: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('SERVICE_'))),
    )(texts.validate(u, context)),
  t.identity,
)

/** JSON has no other numbers. */
export const millis: t.Type<Millis> = new t.Type<Millis>(
  'a time in milliseconds',
  (u): u is Millis => t.number.is(u) && Number.isFinite(u),
  (u, context) => (t.number.is(u) && Number.isFinite(u) ? t.success(u) : t.failure(u, context)),
  t.identity,
)
const version = count
const protocol = t.union([t.literal('tcp'), t.literal('udp')], '"tcp" or "udp"')
const addresses = t.strict({ ipv4: maybe(t.string), ipv6: maybe(t.string) }, 'object')
const machine = t.strict(
  { id: nonEmptyString, type: maybe(t.string), zone: maybe(t.string), hostName: maybe(t.string) },
  'object',
)
const binding = t.strict({ containerPort: count, hostPort: count, protocol, count }, 'object')

const container: t.Type<Container> = t.strict(
  {
    name: nonEmptyString,
    arn: maybe(t.string),
    version,
    lastStatus: nonEmptyString,
    runtimeId: maybe(t.string),
    bindingsVersion: t.Integer,
    bindings: ascending(binding, 'protocol and container port', compareBindings),
  },
  'object',
)

const byName = (a: Container, b: Container): number => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1)

const health = t.keyof({ HEALTHY: null, UNKNOWN: null, UNHEALTHY: null }, 'HEALTHY, UNKNOWN or UNHEALTHY')

const task: t.Type<Task> = t.strict(
  {
    arn: nonEmptyString,
    cluster: nonEmptyString,
    group: maybe(t.string),
    definition: maybe(t.string),
    instance: maybe(t.string),
    launchType: maybe(t.string),
    version,
    at: millis,
    lastStatus: nonEmptyString,
    desiredStatus: nonEmptyString,
    interface: maybe(t.strict({ version, ipv4: maybe(t.string), ipv6: maybe(t.string) }, 'object')),
    containers: ascending(container, 'name', byName),
    health: maybe(t.strict({ at: millis, status: health }, 'object')),
  },
  'object',
)

const networkMode = t.keyof({ awsvpc: null, bridge: null, host: null, none: null }, 'a network mode')

const definition: t.Type<TaskDefinition> = t.strict(
  {
    arn: nonEmptyString,
    networkMode,
    containers: t.readonlyArray(
      t.strict(
        {
          name: nonEmptyString,
          image: maybe(t.string),
          ports: t.readonlyArray(binding, 'array'),
          labels: texts,
          environment: discoveryVariables,
        },
        'object',
      ),
      'array',
    ),
  },
  'object',
)

const tag = <T extends ClusterEvent['_tag']>(_tag: T) => t.literal(_tag)

/** Tells every failing path. What it decodes is in the form that core relies on; encoding changes nothing. */
export const eventCodec: t.Type<ClusterEvent> = t.union(
  [
    t.strict({ _tag: tag('TaskChanged'), task }, 'object'),
    t.exact(
      t.intersection(
        [
          t.type({
            _tag: tag('TasksListed'),
            cluster: nonEmptyString,
            at: millis,
            tasks: t.readonlyArray(task, 'array'),
          }),
          t.partial({ order: millis }),
        ],
        'object',
      ),
      'object',
    ),
    t.strict(
      {
        _tag: tag('ClusterIdentified'),
        named: nonEmptyString,
        clusters: t.readonlyArray(nonEmptyString, 'array'),
        order: millis,
      },
      'object',
    ),
    t.strict({ _tag: tag('LookupRefused'), key: nonEmptyString, reason: t.string, at: millis }, 'object'),
    t.exact(
      t.intersection(
        [
          t.type({ _tag: tag('InstanceDescribed'), instance: nonEmptyString, addresses, at: millis }),
          t.partial({ machine }),
        ],
        'object',
      ),
      'object',
    ),
    t.strict({ _tag: tag('DefinitionDescribed'), definition }, 'object'),
    t.strict(
      { _tag: tag('HealthObserved'), endpoint: nonEmptyString, healthy: t.boolean, at: millis },
      'object',
    ),
  ],
  'an event with _tag TaskChanged, TasksListed, ClusterIdentified, InstanceDescribed, DefinitionDescribed, LookupRefused or HealthObserved',
)
