/**
 * Converts events to JSON and back. Only the fields named here pass, in both directions: additional fields of a custom
 * source, such as environment overrides, are dropped before writing, and again when reading.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Millis } from '../core/clock.js'
import type { Rollout } from '../core/deployment.js'
import type { JournalEvent } from '../core/journal.js'
import type { TaskDefinition } from '../core/task-definition.js'
import { compareBindings, type Container, type Task } from '../core/task.js'
import { compareEnds, type ContainerEnd, type TaskEnd } from '../core/task-end.js'
import { interned } from '../core/interned.js'
import { maxErrors } from '../shared/codec/decode-error.js'
import { arrayOf, count, satisfying, stringOf } from '../shared/codec/lenient.js'
import { isPlainText, isWellFormed } from '../shared/codec/plain-text.js'
import { taskVersion as version } from '../sources/ecs-events/task-version.js'

/**
 * For names, ARNs and addresses. Their format is not checked, because journals may be old, and custom sources may use
 * other names than ECS.
 */
export const maxTextLength = 4_096
const text = stringOf('well-formed text of one line', (text) => isPlainText(text, maxTextLength))
const nonEmptyText = stringOf(
  'non-empty well-formed text of one line',
  (text) => text !== '' && isPlainText(text, maxTextLength),
)

/** A text that many tasks have, which is then in memory once. */
const shared = (of: t.Type<string>): t.Type<string> =>
  new t.Type<string>(
    of.name,
    of.is,
    (u, at) => E.map((text: string) => interned(text))(of.validate(u, at)),
    t.identity,
  )

/** JSON has no `undefined`: an absent or null field becomes `undefined`. */
const maybe = <A>(codec: t.Type<A>): t.Type<A | undefined> =>
  new t.Type<A | undefined>(
    codec.name,
    (u): u is A | undefined => u === undefined || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(undefined) : codec.validate(u, context)),
    t.identity,
  )

/** An ordered list. Joins of tasks rely on the order, and a journal that was edited by hand must not break them. */
const ascending = <A>(
  codec: t.Type<A>,
  by: string,
  compare: (a: A, b: A) => number,
): t.Type<readonly A[]> => {
  const all = arrayOf(codec)
  const ascend = (list: readonly A[]): boolean =>
    list.every((item, i) => {
      const previous = list[i - 1]
      return previous === undefined || compare(previous, item) < 0
    })
  const ordered: t.Type<readonly A[]> = new t.Type<readonly A[]>(
    `array ordered by ${by}, without duplicates`,
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

/** For label values, which may have several lines. */
const value = stringOf('well-formed text', isWellFormed)

/** Like `t.record`, but stops after `maxErrors` errors. */
const texts = new t.Type<Readonly<Record<string, string>>>(
  'object of texts',
  (u): u is Readonly<Record<string, string>> =>
    t.UnknownRecord.is(u) &&
    Object.entries(u).every(([key, one]) => isPlainText(key, maxTextLength) && value.is(one)),
  (u, context) => {
    if (!t.UnknownRecord.is(u)) return t.failure(u, context)
    const errors: t.ValidationError[] = []
    const entries: [string, string][] = []
    for (const [key, one] of Object.entries(u)) {
      if (isPlainText(key, maxTextLength) && value.is(one)) entries.push([key, one])
      else errors.push({ value: one, context: t.appendContext(context, key, value, one) })
      if (errors.length >= maxErrors) break
    }
    return errors.length > 0 ? t.failures(errors) : t.success(Object.fromEntries(entries))
  },
  t.identity,
)

/** Keeps only `SERVICE_…` variables, because all others may be secrets: see `ContainerDefinition`. */
const discoveryVariables = new t.Type<Readonly<Record<string, string>>>(
  texts.name,
  texts.is,
  (u, context) =>
    E.map((all: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('SERVICE_'))),
    )(texts.validate(u, context)),
  t.identity,
)

/** A finite time within the range of `Date`. */
export const millis: t.Type<Millis> = new t.Type<Millis>(
  'a time in milliseconds',
  (u): u is Millis => t.number.is(u) && Math.abs(u) <= 8.64e15,
  (u, context) => (t.number.is(u) && Math.abs(u) <= 8.64e15 ? t.success(u) : t.failure(u, context)),
  t.identity,
)
const protocol = t.keyof({ tcp: null, udp: null }, '"tcp" or "udp"')
const addresses = t.strict({ ipv4: maybe(text), ipv6: maybe(text) }, 'object')
const machine = t.strict(
  { id: nonEmptyText, type: maybe(text), zone: maybe(text), hostName: maybe(text) },
  'object',
)
const binding = t.strict({ containerPort: count, hostPort: count, protocol, count }, 'object')

/** -1 if no observation had bindings. */
const bindingsVersion = satisfying(`${version.name}, or -1`, (u): u is number => u === -1 || version.is(u))

const container: t.Type<Container> = t.strict(
  {
    name: shared(nonEmptyText),
    arn: maybe(text),
    version,
    lastStatus: shared(nonEmptyText),
    runtimeId: maybe(text),
    bindingsVersion,
    bindings: ascending(binding, 'protocol and container port', compareBindings),
  },
  'object',
)

const byName = (a: Container, b: Container): number => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1)

const health = t.keyof({ HEALTHY: null, UNKNOWN: null, UNHEALTHY: null }, 'HEALTHY, UNKNOWN or UNHEALTHY')

export const exitCode = satisfying('integer', (u): u is number => Number.isSafeInteger(u))
const containerEnd: t.Type<ContainerEnd> = t.strict(
  { name: shared(nonEmptyText), exitCode: maybe(exitCode), reason: maybe(text) },
  'object',
)

const end: t.Type<TaskEnd> = t.strict(
  {
    version,
    stopCode: maybe(shared(text)),
    reason: maybe(text),
    containers: ascending(containerEnd, 'name', compareEnds),
  },
  'object',
)

const task: t.Type<Task> = t.exact(
  t.intersection(
    [
      t.type({
        arn: nonEmptyText,
        cluster: shared(nonEmptyText),
        group: maybe(shared(text)),
        definition: maybe(shared(text)),
        instance: maybe(shared(text)),
        launchType: maybe(shared(text)),
        capacityProvider: maybe(shared(text)),
        zone: maybe(shared(text)),
        startedBy: maybe(shared(text)),
        createdAt: maybe(millis),
        version,
        at: millis,
        lastStatus: shared(nonEmptyText),
        desiredStatus: shared(nonEmptyText),
        interface: maybe(t.strict({ version, ipv4: maybe(text), ipv6: maybe(text) }, 'object')),
        containers: ascending(container, 'name', byName),
        health: maybe(
          t.exact(
            t.intersection(
              [t.type({ at: millis, status: health }), t.partial({ wasHealthy: t.literal(true) })],
              'object',
            ),
            'object',
          ),
        ),
      }),
      t.partial({ end }),
    ],
    'object',
  ),
  'object',
)

const networkMode = t.keyof({ awsvpc: null, bridge: null, host: null, none: null }, 'a network mode')

const definition: t.Type<TaskDefinition> = t.strict(
  {
    arn: nonEmptyText,
    networkMode,
    containers: arrayOf(
      t.exact(
        t.intersection(
          [
            t.type({
              name: nonEmptyText,
              image: maybe(text),
              ports: arrayOf(binding),
              labels: texts,
              environment: discoveryVariables,
            }),
            t.partial({ healthCheck: t.boolean }),
          ],
          'object',
        ),
        'object',
      ),
    ),
  },
  'object',
)

const percent = new t.Type<number>(
  'a number from 0 to 100',
  (u): u is number => t.number.is(u) && u >= 0 && u <= 100,
  (u, context) => (t.number.is(u) && u >= 0 && u <= 100 ? t.success(u) : t.failure(u, context)),
  t.identity,
)

const startedBy = ascending(nonEmptyText, 'text', (a, b) => (a === b ? 0 : a < b ? -1 : 1))

const revision = t.strict(
  { revision: nonEmptyText, definition: maybe(text), startedBy, production: percent, test: percent },
  'object',
)

const rollout: t.Type<Rollout> = t.union(
  [
    t.strict({ _tag: t.literal('AtOnce'), reason: value }, 'object'),
    t.strict({ _tag: t.literal('Settled'), startedBy }, 'object'),
    t.strict(
      {
        _tag: t.literal('Shifting'),
        deployment: nonEmptyText,
        strategy: nonEmptyText,
        status: nonEmptyText,
        stage: nonEmptyText,
        source: arrayOf(revision),
        target: revision,
        paused: maybe(
          t.strict({ id: nonEmptyText, expiresAt: maybe(millis), timeoutAction: maybe(text) }, 'object'),
        ),
      },
      'object',
    ),
  ],
  'a rollout with _tag AtOnce, Settled or Shifting',
)

/** Positions are compared by their number of digits, so a longer text would be later than all others forever. */
const position = stringOf('a whole number of up to 129 digits', (text) => /^(0|[1-9]\d{0,128})$/.test(text))

const tag = <T extends JournalEvent['_tag']>(_tag: T) => t.literal(_tag)

/** Reports every failing path. Decoded events have the form that core relies on; encoding changes nothing. */
export const eventCodec: t.Type<JournalEvent> = t.union(
  [
    t.strict({ _tag: tag('TaskChanged'), task }, 'object'),
    t.exact(
      t.intersection(
        [
          t.type({
            _tag: tag('TasksListed'),
            cluster: nonEmptyText,
            at: millis,
            tasks: arrayOf(task),
          }),
          t.partial({ order: millis }),
        ],
        'object',
      ),
      'object',
    ),
    t.strict(
      {
        _tag: tag('TasksRelisted'),
        cluster: nonEmptyText,
        at: millis,
        order: millis,
        since: millis,
        tasks: arrayOf(task),
        unlisted: arrayOf(nonEmptyText),
      },
      'object',
    ),
    t.strict(
      {
        _tag: tag('ClusterIdentified'),
        named: nonEmptyText,
        clusters: arrayOf(nonEmptyText),
        order: millis,
      },
      'object',
    ),
    t.strict({ _tag: tag('LookupRefused'), key: nonEmptyText, reason: value, at: millis }, 'object'),
    t.exact(
      t.intersection(
        [
          t.type({ _tag: tag('InstanceDescribed'), instance: nonEmptyText, addresses, at: millis }),
          t.partial({ machine }),
        ],
        'object',
      ),
      'object',
    ),
    t.strict({ _tag: tag('DefinitionDescribed'), definition }, 'object'),
    t.strict({ _tag: tag('DeploymentAnnounced'), service: nonEmptyText, at: millis }, 'object'),
    t.strict({ _tag: tag('DeploymentDescribed'), service: nonEmptyText, rollout, at: millis }, 'object'),
    t.strict(
      { _tag: tag('HealthObserved'), endpoint: nonEmptyText, healthy: t.boolean, at: millis },
      'object',
    ),
    t.strict({ _tag: tag('LogRead'), log: nonEmptyText, position }, 'object'),
    t.strict({ _tag: tag('Checkpointed') }, 'object'),
  ],
  'an event with _tag TaskChanged, TasksListed, TasksRelisted, ClusterIdentified, InstanceDescribed, DefinitionDescribed, DeploymentAnnounced, DeploymentDescribed, LookupRefused, HealthObserved, LogRead or Checkpointed',
)
