import { ApiFailure } from './api-failure.js'

/** A request's members by name, not validated yet. */
export type AwsInput = Readonly<Record<string, unknown>>

/** A response that can be written as JSON. */
export type AwsOutput = Readonly<Record<string, unknown>>

/** The operations of one service, by the name that requests use. */
export type AwsOperations = Readonly<Record<string, (input: AwsInput) => AwsOutput>>

/** Parses the body of an AWS JSON request. */
export const jsonInput = (body: string): AwsInput => {
  try {
    const value: unknown = JSON.parse(body === '' ? '{}' : body)
    if (isRecord(value)) return value
  } catch {
    // Answered below, like any other body that is not an object.
  }
  throw new ApiFailure('SerializationException', 'The request body is not a JSON object.')
}

/** A string member, if it is there. */
export const text = (input: AwsInput, name: string): string | undefined => {
  const value = input[name]
  return typeof value === 'string' ? value : undefined
}

/** A list member; an absent one is an empty list. */
export const list = (input: AwsInput, name: string): readonly unknown[] => {
  const value = input[name]
  return Array.isArray(value) ? value : []
}

/** A list of strings; an absent one is an empty list. */
export const texts = (input: AwsInput, name: string): readonly string[] =>
  list(input, name).filter((value) => typeof value === 'string')

/** A list of objects; an absent one is an empty list. */
export const records = (input: AwsInput, name: string): readonly AwsInput[] =>
  list(input, name).filter(isRecord)

const isRecord = (value: unknown): value is AwsInput =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member that is an object; an absent one is empty. */
export const record = (input: AwsInput, name: string): AwsInput => {
  const value = input[name]
  return isRecord(value) ? value : {}
}

/** The requested page size: `usual`, or else `most`, if none is asked for. A size out of range is refused, with `refusal` as the error code. */
export const pageSize = (
  asked: unknown,
  {
    least,
    most,
    usual = most,
    refusal,
  }: {
    readonly least: number
    readonly most: number
    readonly usual?: number
    readonly refusal: string
  },
): number => {
  if (asked === undefined || asked === null) return usual
  const size = Number(asked)
  if (size >= least && size <= most) return size
  throw new ApiFailure(refusal, `maxResults must be between ${least} and ${most}.`)
}

/** A part of a longer list. `nextToken` is absent on the last page. */
export interface Page<A> {
  readonly items: readonly A[]
  readonly nextToken: string | undefined
}

/**
 * The page after the one that returned `token`. Items are identified by an increasing `position`, so items that come
 * and go between two pages shift nothing: an item that exists all the time is on exactly one page.
 */
export const page = <A>(
  items: readonly A[],
  position: (item: A) => number,
  token: string | undefined,
  size: number,
): Page<A> => {
  const after =
    token === undefined || token === '' ? -Infinity : Number(Buffer.from(token, 'base64url').toString())
  if (Number.isNaN(after)) throw new ApiFailure('InvalidParameterException', 'Invalid token.')
  const rest = items.filter((item) => position(item) > after)
  const taken = rest.slice(0, size)
  const last = taken.at(-1)
  const more = rest.length > size && last !== undefined
  return {
    items: taken,
    nextToken: more ? Buffer.from(String(position(last))).toString('base64url') : undefined,
  }
}
