import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { home, type Place, placeIn, searchOf, views } from '../../page/app/place.js'
import { holds } from '../laws/holds.js'

const times = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined })
const places: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom(...views),
  filter: fc.string(),
  question: fc.string(),
  at: times,
  since: times,
})

describe('a link to the page', () => {
  it('leads to the place that it was copied from', () => {
    holds(
      fc.property(places, (place) => {
        expect(placeIn(searchOf(place))).toEqual(place)
      }),
    )
  })

  it('is a bug report: a time and a backend', () => {
    expect(placeIn('?at=2026-01-02T03:04:05Z&backend=web')).toEqual({
      ...home,
      view: 'backends',
      question: 'web',
      at: Date.UTC(2026, 0, 2, 3, 4, 5),
    })
    expect(placeIn('?q=10.0.0.1')).toMatchObject({ view: 'search', question: '10.0.0.1' })
    expect(placeIn('?at=1767323045000')).toMatchObject({ at: 1_767_323_045_000 })
  })

  it('shows how things are now where it says nothing else, or nonsense', () => {
    expect(searchOf(home)).toBe('')
    for (const search of ['', '?', '?view=nowhere&at=never&since=']) expect(placeIn(search)).toEqual(home)
  })
})
