const most = 500
let kept = 0

/**
 * Measures from `since` until the browser is about to draw what has just been put on the page, as the performance entry
 * `inspector:<what>`: for people with developer tools, and for tests.
 */
export const drawn = (what: string, since: DOMHighResTimeStamp): void => {
  requestAnimationFrame(() => {
    if (++kept > most) {
      kept = 0
      performance.clearMeasures()
    }
    performance.measure(`inspector:${what}`, { start: since, end: performance.now() })
  })
}
