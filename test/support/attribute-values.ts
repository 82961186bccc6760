import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('1e3', '-0.5', '3.14159265358979323846264338327950288', '9.9e-130', '1e125'),
)
const binary = fc.uint8Array({ maxLength: 20 })
const setOf = <A>(member: fc.Arbitrary<A>, selector: (member: A) => unknown = (value) => value) =>
  fc.uniqueArray(member, { minLength: 1, maxLength: 4, selector })

/** Every type that DynamoDB has, nested. */
export const attributeValues: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string().map((S) => ({ S })),
    numberText.map((N) => ({ N })),
    binary.map((B) => ({ B })),
    fc.boolean().map((BOOL) => ({ BOOL })),
    fc.constant({ NULL: true as const }),
    setOf(fc.string({ minLength: 1 })).map((SS) => ({ SS })),
    setOf(fc.integer().map(String)).map((NS) => ({ NS })),
    setOf(fc.uint8Array({ minLength: 1, maxLength: 8 }), String).map((BS) => ({ BS })),
    fc.array(tie('value'), { maxLength: 3 }).map((L) => ({ L })),
    fc
      .dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 3, noNullPrototype: true })
      .map((M) => ({ M })),
  ),
})).value

/** Attributes that nobody has a meaning for. */
export const unknownAttributes: fc.Arbitrary<Record<string, AttributeValue>> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 10 }).map((name) => `x-${name}`),
  attributeValues,
  { maxKeys: 4, noNullPrototype: true },
)
