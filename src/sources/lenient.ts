/**
 * io-ts codecs for what others send: they look at only the fields that we read, let unknown ones through, and take null for absent, as AWS
 * sends either. They transform nothing, so that a good value costs one look at each field (`is`, nine parts in ten of all that is
 * decoded) and `validate` is left to say what is wrong with a bad one.
 */
import * as t from 'io-ts'

export const isObject = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const satisfying = <A>(name: string, is: (u: unknown) => u is A): t.Type<A> =>
  new t.Type<A>(name, is, (u, context) => (is(u) ? t.success(u) : t.failure(u, context)), t.identity)

/** For names and ARNs: an empty one would be a key that all who lack a name share. */
export const nonEmptyString = satisfying(
  'non-empty string',
  (u): u is string => typeof u === 'string' && u !== '',
)

/** Beyond the safe integers two different counts could compare as equal. */
export const count = satisfying(
  'non-negative integer',
  (u): u is number => typeof u === 'number' && Number.isSafeInteger(u) && u >= 0,
)

type Optional<A> = A | null | undefined

export const optional = <A>(codec: t.Type<A>): t.Type<Optional<A>> =>
  new t.Type<Optional<A>>(
    codec.name,
    (u): u is Optional<A> => u === undefined || u === null || codec.is(u),
    (u, context) => (u === undefined || u === null ? t.success(u) : codec.validate(u, context)),
    t.identity,
  )

export const arrayOf = <A>(codec: t.Type<A>): t.Type<readonly A[]> => t.readonlyArray(codec, 'array')

/**
 * An object that has all of `required`, and of `optionals` what it likes. Its `is` reads each field once; that of io-ts's own
 * intersection costs three times as much, and `t.type` alone refuses an object that lacks an optional field.
 */
export const object = <R extends t.Props, O extends t.Props>(required: R, optionals: O) => {
  const codec = t.intersection([t.type(required, 'object'), t.partial(optionals, 'object')], 'object')
  const keys = [...Object.keys(required), ...Object.keys(optionals)]
  const fields = [...Object.values(required), ...Object.values(optionals)]
  return new t.Type<t.TypeOf<typeof codec>>(
    'object',
    (u): u is t.TypeOf<typeof codec> => {
      if (!isObject(u)) return false
      for (let i = 0; i < keys.length; i++) if (!fields[i]?.is(u[keys[i] ?? ''])) return false
      return true
    },
    (u, context) => codec.validate(u, context),
    t.identity,
  )
}
