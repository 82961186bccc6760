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

export const optional = <A>(codec: t.Type<A>): t.Type<Optional<A>> => {
  const {is} = codec
  return new t.Type<Optional<A>>(
    codec.name,
    (u): u is Optional<A> => u === undefined || u === null || is(u),
    (u, context) => (u === undefined || u === null ? t.success(u) : codec.validate(u, context)),
    t.identity,
  )
}

export const arrayOf = <A>(codec: t.Type<A>): t.Type<readonly A[]> => {
  const { is } = codec
  const array = t.readonlyArray(codec, 'array')
  return new t.Type<readonly A[]>('array', (u): u is readonly A[] => {
    if (!Array.isArray(u)) return false
    for (const item of u) if (!is(item)) return false
    return true
  }, (u, context) => array.validate(u, context), t.identity)
}

type Guard = (u: unknown) => boolean

/** All of `guards`, as one closure. */
const fieldGuard = (key: string, is: Guard, rest: Guard | undefined, nullable: boolean): ((u: Readonly<Record<string, unknown>>) => boolean) => {
  if (nullable) return rest === undefined ? (u) => { const v = u[key]; return v === undefined || v === null || is(v) } : (u) => { const v = u[key]; return (v === undefined || v === null || is(v)) && rest(u) }
  return rest === undefined ? (u) => is(u[key]) : (u) => is(u[key]) && rest(u)
}

export const object = <R extends t.Props, O extends t.Props>(required: R, optionals: O) => {
  const codec = t.intersection([t.type(required, 'object'), t.partial(optionals, 'object')], 'object')
  const rk = Object.keys(required), ok = Object.keys(optionals)
  const rg = Object.values(required).map(c => c.is), og = Object.values(optionals).map(c => c.is)
  return new t.Type<t.TypeOf<typeof codec>>(
    'object',
    (u): u is t.TypeOf<typeof codec> => {
      if (!isObject(u)) return false
      for (let i = 0; i < rk.length; i++) if (!rg[i]!(u[rk[i]!])) return false
      for (let i = 0; i < ok.length; i++) { const v = u[ok[i]!]; if (v !== undefined && !og[i]!(v)) return false }
      return true
    },
    (u, context) => codec.validate(u, context),
    t.identity,
  )
}
