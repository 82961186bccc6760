import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overscan, pagesOf, rowWindow, scrolledTo } from '../../page/table/row-window.js'
import { holds } from '../laws/holds.js'

const viewports = fc.record({
  top: fc.nat(4_000_000),
  height: fc.nat(4_000),
  rowHeight: fc.integer({ min: 20, max: 60 }),
  total: fc.integer({ min: 1, max: 100_000 }),
})

describe('the rows that a table draws', () => {
  it('are all that can be seen, and few more', () => {
    holds(
      fc.property(viewports, (viewport) => {
        const { top, height, rowHeight, total } = viewport
        const { from, count } = rowWindow(viewport)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(from + count).toBeLessThanOrEqual(total)
        expect(count).toBeLessThanOrEqual(height / rowHeight + 2 * overscan + 2)
        const [first, last] = [Math.floor(top / rowHeight), Math.ceil((top + height) / rowHeight) - 1]
        if (first < total && first <= last) {
          expect(from).toBeLessThanOrEqual(first)
          expect(from + count).toBeGreaterThan(Math.min(last, total - 1))
        }
      }),
    )
  })

  it('are in the pages that are asked for', () => {
    holds(
      fc.property(fc.nat(10_000), fc.nat(200), fc.integer({ min: 1, max: 200 }), (from, count, pageSize) => {
        const pages = pagesOf({ from, count }, pageSize)
        for (const row of [from, from + count - 1])
          if (count > 0) expect(pages).toContain(Math.floor(row / pageSize))
        expect(pages.length).toBeLessThanOrEqual(count / pageSize + 2)
      }),
    )
  })

  it('have the active one among them, with as little scrolling as possible', () => {
    holds(
      fc.property(viewports, fc.nat(100_000), (viewport, row) => {
        const { rowHeight } = viewport
        const height = Math.max(viewport.height, rowHeight)
        const top = scrolledTo(row, { ...viewport, height })
        expect(row * rowHeight).toBeGreaterThanOrEqual(top)
        expect((row + 1) * rowHeight).toBeLessThanOrEqual(top + height)
        if (row * rowHeight >= viewport.top && (row + 1) * rowHeight <= viewport.top + height)
          expect(top).toBe(viewport.top)
      }),
    )
  })
})
