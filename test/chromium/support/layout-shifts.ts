import type { Page } from 'playwright-core'

/**
 * Everything that moves without being asked to is a layout shift; what moves within half a second of a click or a key is
 * not. Source: Layout Instability, W3C.
 */
const observe = `
  globalThis.layoutShifts = []
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput)
        globalThis.layoutShifts.push(
          value + ': ' +
            sources
              .map(({ node, previousRect: a, currentRect: b }) => {
                const element = node?.nodeType === 1 ? node : node?.parentElement
                const name = element ? element.tagName.toLowerCase() + '.' + (element.getAttribute('class') ?? '') : 'gone'
                return name + ' "' + (node?.textContent ?? '').slice(0, 30) + '" ' + [a.x, a.y, a.width, a.height] + ' > ' + [b.x, b.y, b.width, b.height]
              })
              .join('; '),
        )
  }).observe({ type: 'layout-shift', buffered: true })
`

/** Observes the page from its first moment on: before it is opened. */
export const observeShifts = (page: Page): Promise<unknown> => page.addInitScript(observe)

/** Each layout shift so far: its value, and what moved from where to where. */
export const shiftsOf = (page: Page): Promise<readonly string[]> =>
  page.evaluate<readonly string[]>('globalThis.layoutShifts')
