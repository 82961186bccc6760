/**
 * io-ts codecs for what others send: they look at only the fields that we read, let unknown ones through, and take
 * null for absent, as AWS sends either. They transform nothing, so a good value costs one look at each field (`is`),
 * and `validate` is left to say what is wrong with a bad one.
 */
import * as t from 'io-ts'

export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (u: unknown): u is JsonObject =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const satisfying = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

/** For names and ARNs: an empty one would be a key that all who lack a name share. */
export const nonEmptyString = satisfying(
  'non-empty string',
  (u): u is string => typeof u === 'string' && u !== '',
)

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

export const arrayOf = <A>(codec: t.Type<A>): t.Type<readonly A[]> => t.readonlyArray(codec, 'array')

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
    for (const field of needed) if (!field.is(u[field.key])) return false
    for (const field of allowed) {
      const value = u[field.key]
      if (value !== undefined && !field.is(value)) return false
    }
    return true
  }
  return new t.Type<Described>('object', is, (u, context) => codec.validate(u, context), t.identity)
}
