import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isJsonArray, isJsonObject, type Json } from '../../src/shared/codec/json.js'
import { backendOfId, handlerId, ownerIn, ownerMark } from '../../src/sinks/caddy/handler-id.js'
import type { JsonPath } from '../../src/sinks/caddy/handlers.js'
import { type JsonEdit, type JsonWrite, smallestWrite } from '../../src/sinks/caddy/smallest-write.js'

const keys = ['a', 'b', 'routes', 'a/b', '', '..', 'c d?']

/** Documents with handlers at many depths, each an object with a member `leaf`. */
const document: fc.Arbitrary<Json> = fc.letrec<{ readonly node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'document' },
    fc.record({ leaf: fc.nat(3) }),
    fc.dictionary(fc.constantFrom(...keys), tie('node'), { maxKeys: 3, depthIdentifier: 'document' }),
    fc.array(tie('node'), { maxLength: 3, depthIdentifier: 'document' }),
  ),
})).node

const leaves = (json: Json, path: JsonPath = []): readonly JsonPath[] => {
  if (isJsonArray(json)) return json.flatMap((item, i) => leaves(item, [...path, i]))
  if (!isJsonObject(json)) return []
  if (json['leaf'] !== undefined) return [path]
  return Object.entries(json).flatMap(([key, value]) => leaves(value, [...path, key]))
}

/** What a server does with a write: it replaces what is at the path. Plain, and by another way than the code. */
const put = (json: Json, { path, value }: JsonWrite): Json => {
  const copy = JSON.parse(JSON.stringify({ json })) as Record<string, Json>
  let parent: Record<string | number, Json> = copy
  for (const [i, key] of ['json', ...path].entries()) {
    if (i === path.length) parent[key] = value
    else parent = parent[key] as Record<string | number, Json>
  }
  return copy['json'] ?? null
}

const one = fc.record({ json: document, picks: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }) })

const editsOf = (json: Json, picks: readonly number[]): readonly JsonEdit[] => {
  const all = leaves(json)
  if (all.length === 0) return []
  const chosen = new Set(picks.map((pick) => pick % all.length))
  return [...chosen].map((i) => ({ path: all[i]!, after: { leaf: 'new' } }))
}

const asEdited = (write: typeof smallestWrite) =>
  fc.property(one, ({ json, picks }) => {
    const edits = editsOf(json, picks)
    if (edits.length === 0) return
    const expected = edits.reduce((before, { path, after }) => put(before, { path, value: after }), json)
    expect(put(json, write(json, edits))).toEqual(expected)
  })

describe('one write for several edits', () => {
  it('leaves the document as all edits one after the other', () => {
    fc.assert(asEdited(smallestWrite))
  })

  it('has a path that Caddy can find, and is no larger than that needs', () => {
    fc.assert(
      fc.property(one, ({ json, picks }) => {
        const edits = editsOf(json, picks)
        if (edits.length === 0) return
        const { path } = smallestWrite(json, edits)
        for (const key of path) expect(String(key)).toMatch(/^(?!\.+$)[^/]+$/)
        const next = new Set(edits.map((edit) => edit.path[path.length]))
        const [only] = next
        const isShared = next.size === 1 && edits.every((edit) => edit.path.length > path.length)
        if (isShared) expect(String(only)).toMatch(/\/|^\.*$/)
      }),
    )
  })

  it('would lose edits if only the first were made', () => {
    expect(() => {
      fc.assert(asEdited((json, edits) => smallestWrite(json, edits.slice(0, 1))))
    }).toThrow()
  })
})

describe('ids', () => {
  const names = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.constantFrom('shop/web', 'a%2Fb', 'ü', '"'),
  )

  it('lead back to the backend, and have nothing that Caddy does not take', () => {
    fc.assert(
      fc.property(names, (name) => {
        const id = handlerId('ecs:', name)
        expect(id).toMatch(/^[^/"\\]+$/)
        expect(backendOfId('ecs:', id)).toBe(name)
      }),
    )
  })

  it('lead back to the owner, who is named once', () => {
    fc.assert(
      fc.property(names, names, (owner, name) => {
        const mark = ownerMark(owner, handlerId('ecs:', name))
        expect(mark).toMatch(/^[^/"\\]+$/)
        expect(ownerIn(mark)).toBe(owner)
      }),
    )
  })

  it.each(['other:web', 'ecs:', 'ecs:%', 'web'])('of others, such as %j, are for no backend', (id) => {
    expect(backendOfId('ecs:', id)).toBeUndefined()
  })
})
