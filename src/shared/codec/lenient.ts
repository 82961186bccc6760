/**
 * io-ts codecs for external input: they check only the fields that are read, let unknown fields through, and treat null
 * as absent, because AWS sends either. They transform nothing, so a valid value costs one `is` per field; `validate`
 * runs only to explain what is wrong with an invalid one.
 */
import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { maxErrors } from './decode-error.js'
import { isObject } from './json-object.js'

export const satisfying = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

/** A string that satisfies a condition. */
export const stringOf = (name: string, holds: (text: string) => boolean): t.Type<string> =>
  satisfying(name, (u): u is string => typeof u === 'string' && holds(u))

/** For names and ARNs. Everything with an empty name would share one key. */
export const nonEmptyString = stringOf('non-empty string', (text) => text !== '')

/** A safe integer, because larger counts that differ could compare as equal. */
export const count = satisfying(
  'non-negative integer',
  (u): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0,
)

/** Any object, with its content unchecked. */
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

/** A list of at most `most` items. A longer list is rejected unread; validation stops after `maxErrors` errors. */
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
 * An object with all fields of `required` and any of `optionals`. It is io-ts's intersection of `t.type` and
 * `t.partial`, but its `is` checks each field once, which takes a third of the time. (`t.type` alone rejects an object
 * without an optional field.)
 */
export const object = <R extends t.Props, O extends t.Props>(required: R, optionals: O) => {
  const codec = t.intersection([t.type(required, 'object'), t.partial(optionals, 'object')], 'object')
  type Described = t.TypeOf<typeof codec>
  const needed = Object.entries(required).map(([key, { is }]) => ({ key, is }))
  // What may be anything need not be looked at.
  const allowed = Object.entries(optionals)
    .filter(([, codec]) => !(codec instanceof t.UnknownType))
    .map(([key, { is }]) => ({ key, is }))

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
    // Otherwise both parts would report that the value is not an object.
    (u, context) => (isObject(u) ? codec.validate(u, context) : t.failure(u, context)),
    t.identity,
  )
}

/** A well-formed field of an object that contradicts other fields. */
export interface Fault {
  readonly key: string
  readonly expected: string
  readonly actual: unknown
}

export const noFaults: readonly Fault[] = []

/** A codec that also rejects values with faults. For valid values, `faults` should return `noFaults`, which is free. */
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
