import { strictEqual, throws } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { constraintOf } from '../../src/sinks/traefik/labels/constraints.js'
import { holds } from '../laws/holds.js'

type Labels = Readonly<Record<string, string>>

/** An expression, and what it should say. */
interface Told {
  readonly text: string
  readonly holds: (labels: Labels) => boolean
}

const keys = ['stage', 'team', 'none']
const labelSets: fc.Arbitrary<Labels> = fc.dictionary(
  fc.constantFrom('stage', 'team'),
  fc.constantFrom('a', 'b"`', ''),
)

const { expression } = fc.letrec<{ expression: Told; both: Told; factor: Told }>((tie) => ({
  factor: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(fc.constantFrom(...keys), fc.constantFrom('a', 'b"`', '')).map(([key, value]): Told => ({
      text: `Label(\`${key}\`, ${JSON.stringify(value)})`,
      holds: (labels) => (labels[key] ?? '') === value,
    })),
    fc.constantFrom(...keys).map((key): Told => ({
      text: `LabelRegex("${key}",\`^[a-c]\`)`,
      holds: (labels) => /^[a-c]/.test(labels[key] ?? ''),
    })),
    tie('factor').map(({ text, holds }): Told => ({ text: `! ${text}`, holds: (labels) => !holds(labels) })),
    tie('expression').map(({ text, holds }): Told => ({ text: `( ${text})`, holds })),
  ),
  both: fc.array(tie('factor'), { minLength: 1, maxLength: 3 }).map((terms): Told => ({
    text: terms.map(({ text }) => text).join(' && '),
    holds: (labels) => terms.every(({ holds }) => holds(labels)),
  })),
  expression: fc.array(tie('both'), { minLength: 1, maxLength: 3 }).map((terms): Told => ({
    text: terms.map(({ text }) => text).join('||'),
    holds: (labels) => terms.some(({ holds }) => holds(labels)),
  })),
}))

describe('constraints', () => {
  it('mean what Go would take them to mean: ! before &&, && before ||', () => {
    holds(
      fc.property(expression, labelSets, (told, labels) => {
        fc.pre(told.text.length <= 2000)
        strictEqual(constraintOf(told.text)(labels), told.holds(labels), told.text)
      }),
    )
  })

  // The cases of Traefik's own tests.
  it.each<[string, boolean]>([
    ['', true],
    ['Label("hello", "world")', true],
    ['Label("hello", "worlds")', false],
    ['Label("hi", "world")', false],
    ['!Label("hello", "world")', false],
    ['Label("hello", "world") && Label("foo", "bar")', true],
    ['Label("hello", "worlds") && Label("foo", "bar")', false],
    ['Label("hello", "world") && !Label("foo", "bar")', false],
    ['Label("hello", "worlds") || Label("foo", "bar")', true],
    ['LabelRegex("hello", "w\\\\w+")', true],
    ['LabelRegex("hello", `w\\w+s`)', false],
    ['!LabelRegex("hello", "w\\\\w+")', false],
    ['Label("", "")', true],
    ['LabelRegex(`hello`, `(?i)^WORLD$`)', true],
    ['LabelRegex(`hello`, `^(?P<first>w)or(ld)?$`)', true],
    ['Label("hello", "\\u0077orld")', true],
    ['LabelRegex(`hello`, `^[*+(](\\*|\\+)?`)', false],
  ])('answer as in Traefik: %s', (text, expected) => {
    strictEqual(constraintOf(text)({ hello: 'world', foo: 'bar' }), expected)
  })

  it.each<[string, RegExp]>([
    ['Label("hello")', /expected "," at character 14, got "\)"/],
    ['Foo("hello")', /expected Label\(…\) or LabelRegex\(…\) at character 1, got "Foo"/],
    ['Label("a", "b") &&', /expected Label\(…\) or LabelRegex\(…\) at character 19, got the end/],
    ['Label("a", "b") Label("a", "b")', /expected &&, \|\| or the end at character 16, got "Label"/],
    ['(Label("a", "b")', /expected "\)" at character 17, got the end/],
    ['Label(a, "b")', /expected a text in double quotes or backquotes at character 7, got "a"/],
    ['Label("a, "b")', /at character 1[0-9], got/],
    ["Label('a', 'b')", /at character 7, got "'"/],
    ['Label("a", "\\q")', /expected an escape .* got \\q/],
    ['LabelRegex("a", `(`)', /a regular expression that JavaScript knows too, got "\("/],
    ['LabelRegex("a", `[[:alpha:]]`)', /a regular expression that JavaScript knows too/],
    ['LabelRegex("a", `(a+)+$`)', /repeats no group with a repetition or a choice in it/],
    ['LabelRegex("a", `((a|b))*c`)', /repeats no group with a repetition or a choice in it/],
    ['LabelRegex("a", `(?:a*b){2,}`)', /repeats no group/],
    ['LabelRegex("a", `.*.*.*`)', /at most 2 repetitions/],
    ['LabelRegex("a", `(?=a)`)', /without look-around and back references/],
    ['LabelRegex("a", `(a)\\1`)', /without look-around and back references/],
    [`Label("a", "${'x'.repeat(2000)}")`, /at most 2000 characters, got 2014/],
  ])('that cannot be are refused with the place: %s', (text, reason) => {
    throws(
      () => constraintOf(text),
      (error) =>
        error instanceof RangeError &&
        reason.test(error.message) &&
        error.message.startsWith('constraints: '),
    )
  })

  it('look at no label of more than 256 characters by an expression, so that none takes long', () => {
    const matches = constraintOf('LabelRegex(`a`, `a*a*b`)')
    strictEqual(matches({ a: 'a'.repeat(100_000) + 'b' }), false)
    strictEqual(matches({ a: 'a'.repeat(255) + 'b' }), true)
  })
})
