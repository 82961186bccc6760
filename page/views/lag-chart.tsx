import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { duration } from '../app/format.js'
import type { LagHistory } from '../app/lag-history.js'

const height = 180

const colour = (element: Element, name: string): string =>
  getComputedStyle(element).getPropertyValue(name).trim()

const optionsOf = (element: Element, { lines }: LagHistory, width: number): uPlot.Options => {
  const faint = colour(element, '--dim')
  const axis: uPlot.Axis = {
    stroke: faint,
    grid: { stroke: colour(element, '--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, _min, max) => [0, Math.max(100, max * 1.1)] } },
    axes: [axis, { ...axis, size: 64, values: (_, values) => values.map((ms) => duration(ms)) }],
    series: [
      {},
      ...lines.flatMap((_, i): uPlot.Series[] => [
        { stroke: colour(element, `--series-${(i % 4) + 1}`), width: 1.5, points: { show: false } },
        {
          stroke: colour(element, `--series-${(i % 4) + 1}`),
          width: 1,
          dash: [4, 3],
          points: { show: false },
        },
      ]),
    ],
  }
}

const dataOf = ({ times, lines }: LagHistory): uPlot.AlignedData => [
  [...times],
  ...lines.flatMap(({ p50, p99 }) => [[...p50], [...p99]]),
]

/** From event to target: p50 as a line, p99 dashed, for each target. The table beside it has the numbers. */
export const LagChart = ({ history }: { readonly history: LagHistory }) => {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const names = history.lines.map(({ target }) => target).join(' ')
  useEffect(() => {
    const { current } = frame
    if (current === null) return undefined
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const make = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(current, history, current.clientWidth), dataOf(history), current)
    }
    make()
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: current.clientWidth, height }))
    observer.observe(current)
    dark.addEventListener('change', make)
    return () => {
      dark.removeEventListener('change', make)
      observer.disconnect()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [names])
  useEffect(() => {
    plot.current?.setData(dataOf(history))
  }, [history])
  return (
    <div
      ref={frame}
      class="chart"
      role="img"
      aria-label="The time from an event to each target, over the last minutes"
    />
  )
}
