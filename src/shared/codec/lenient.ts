/**
 * io-ts codecs for what others send: they look at only the fields that we read, let unknown ones through, and take
 * null for absent, as AWS sends either. They transform nothing by themselves, so a good value costs one look at each
 * field (`is`), and `validate` is left to say what is wrong with a bad one.
 */
import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (u: unknown): u is JsonObject =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

export const satisfying = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

/** A string of which more is asked. */
export const stringOf = (name: string, holds: (text: string) => boolean): t.Type<string> =>
  satisfying(name, (u): u is string => typeof u === 'string' && holds(u))

/** For names and ARNs: an empty one would be a key that all who lack a name share. */
export const nonEmptyString = stringOf('non-empty string', (text) => text !== '')

/** Beyond the safe integers, two different counts could compare as equal. */
export const count = satisfying(
  'non-negative integer',
  (u): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0,
)

/** Any object, unread. */
export const anyObject = satisfying('object', isObject)

type Optional<A> = A | null | undefined

export const optional = <A>(codec: t.Type<A>): t.Type<Optional<A>> => {
  const { is } = codec
  return new t.Type<Optional<A>>(
    codec.name,
    (u): u is Optional<A> => u === undefined || u === null || is(u),
    (u, context) => (u === undefined || u === null ? t.success(u) : codec.validate(u, context)),
    t.identity,
  )
}

/** After this many errors a list is not looked at further: a message of a mebibyte has room for half a million. */
export const maxErrors = 100

/**
 * A list of at most `most` items. A longer one is refused unread, and one with many errors is read up to
 * `maxErrors`.
 */
export const arrayOf = <A>(codec: t.Type<A>, most = Infinity): t.Type<readonly A[]> => {
  const { is } = codec
  const isList = (u: unknown): u is readonly unknown[] => Array.isArray(u) && u.length <= most
  return new t.Type<readonly A[]>(
    most === Infinity ? 'array' : `array of at most ${most}`,
    (u): u is readonly A[] => isList(u) && u.every(is),
    (u, context) => {
      if (!isList(u)) return t.failure(u, context)
      const errors: t.ValidationError[] = []
      const decoded: A[] = []
      for (const [i, item] of u.entries()) {
        const result = codec.validate(item, t.appendContext(context, String(i), codec, item))
        if (isLeft(result)) errors.push(...result.left)
        else decoded.push(result.right)
        if (errors.length >= maxErrors) break
      }
      return errors.length === 0 ? t.success(decoded) : t.failures(errors)
    },
    t.identity,
  )
}

/**
 * An object that has all of `required`, and of `optionals` what it likes: io-ts's intersection of the two, with an
 * `is` that looks at each field once and costs a third of it. (`t.type` alone refuses an object that lacks an
 * optional field.)
 */
export const object = <R extends t.Props, O extends t.Props>(required: R, optionals: O) => {
  const codec = t.intersection([t.type(required, 'object'), t.partial(optionals, 'object')], 'object')
  type Described = t.TypeOf<typeof codec>
  const needed = Object.entries(required).map(([key, { is }]) => ({ key, is }))
  const allowed = Object.entries(optionals).map(([key, { is }]) => ({ key, is }))

  const is = (u: unknown): u is Described => {
    if (!isObject(u)) return false
    for (const { key, is } of needed) if (!is(u[key])) return false
    for (const { key, is } of allowed) {
      const value = u[key]
      if (value !== undefined && !is(value)) return false
    }
    return true
  }
  return new t.Type<Described>(
    'object',
    is,
    // Both parts would say that something else is no object.
    (u, context) => (isObject(u) ? codec.validate(u, context) : t.failure(u, context)),
    t.identity,
  )
}

/** A field of an object that is well-formed, and contradicts the others. */
export interface Fault {
  readonly key: string
  readonly expected: string
  readonly actual: unknown
}

export const noFaults: readonly Fault[] = []

/** A codec of those that also have no faults. For good values `faults` should return `noFaults`, which costs nothing. */
export const consistent = <A>(codec: t.Type<A>, faults: (a: A) => readonly Fault[]): t.Type<A> =>
  new t.Type<A>(
    codec.name,
    (u): u is A => codec.is(u) && faults(u).length === 0,
    (u, context) => {
      const result = codec.validate(u, context)
      if (isLeft(result)) return result
      const errors = faults(result.right).map(({ key, expected, actual }) => ({
        value: actual,
        context: t.appendContext(
          context,
          key,
          stringOf(expected, () => false),
          actual,
        ),
      }))
      return errors.length === 0 ? result : t.failures(errors)
    },
    t.identity,
  )
