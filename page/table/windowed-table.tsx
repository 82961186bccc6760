import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks'
import type { Millis } from '../../src/core/clock.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import type { TableName, Tables } from '../../src/inspector/tables.js'
import { drawn } from '../app/drawn.js'
import { number } from '../app/format.js'
import { Whole } from '../app/whole.js'
import type { Column, RowContext } from './column.js'
import { RowCache } from './row-cache.js'
import { rowWindow, scrolledTo } from './row-window.js'

/** As in the style sheet. */
const rowHeight = 36

export interface TableProps<K extends TableName> {
  readonly inspector: Inspector
  readonly table: K
  /** What the table lists, for people. */
  readonly label: string
  readonly columns: readonly Column<Tables[K]>[]
  readonly filter: string
  readonly at: Millis | undefined
  readonly revision: number
  readonly context: RowContext
  /** What the table says if it has no rows. */
  readonly none: string
  /** What is asked about a row, when it is opened; `undefined` if there is nothing to ask. */
  readonly question: (row: Tables[K]) => string | undefined
  /** What is explained now. */
  readonly asked: string
  readonly open: (question: string) => void
}

const Content = ({ content }: { readonly content: ComponentChildren }) =>
  typeof content === 'string' ? <Whole text={content} /> : content

/**
 * A table of any length, of which only the visible rows are fetched and drawn. Arrow keys, Page Up and Down, Home and End
 * move the active row, and Enter opens it.
 */
export const WindowedTable = <K extends TableName>(props: TableProps<K>) => {
  const { inspector, table, label, columns, filter, at, revision, context, none, question, asked, open } =
    props
  const [, changed] = useReducer((count: number, _: undefined) => count + 1, 0)
  const arrived = useRef<DOMHighResTimeStamp | undefined>(undefined)
  const cache = useMemo(
    () =>
      new RowCache(inspector, table, () => {
        arrived.current ??= performance.now()
        changed(undefined)
      }),
    [inspector, table],
  )
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 640 })
  const [active, setActive] = useState(0)
  const { total } = cache
  const rows = total ?? 0
  const window = rowWindow({ ...view, rowHeight, total: Math.max(rows, 1) })

  useEffect(() => () => cache.close(), [cache])
  useEffect(() => {
    cache.want(window, { filter, at, revision: at === undefined ? revision : 0 })
  })
  useLayoutEffect(() => {
    if (arrived.current !== undefined) drawn(table, arrived.current)
    arrived.current = undefined
  })
  useLayoutEffect(() => {
    const { current } = scroller
    if (current === null) return undefined
    const measure = (): void => {
      setView((before) =>
        before.height === current.clientHeight ? before : { ...before, height: current.clientHeight },
      )
    }
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    measure()
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    setActive(0)
    scroller.current?.scrollTo({ top: 0 })
  }, [filter, table])

  const onScroll = (): void => {
    const top = scroller.current?.scrollTop ?? 0
    if (top === view.top) return
    arrived.current ??= performance.now()
    setView((before) => ({ ...before, top }))
  }
  const openRow = (index: number): void => {
    const row = cache.row(index)
    const asks = row === undefined ? undefined : question(row)
    if (asks !== undefined) open(asks)
  }
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(rows - 1, to))
    setActive(next)
    // The head covers the top of what scrolls.
    const top = scrolledTo(next, { ...view, height: view.height - rowHeight, rowHeight })
    if (top !== view.top) scroller.current?.scrollTo({ top })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 2)
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows - 1,
    }
    const to = steps[event.key]
    if (to !== undefined) move(to)
    else if (event.key === 'Enter') openRow(active)
    else return
    event.preventDefault()
  }

  const drawnRows = Array.from(
    { length: Math.min(window.count, rows - window.from) },
    (_, i) => window.from + i,
  )
  const id = (index: number): string => `${table}-${index}`
  return (
    <>
      <div
        ref={scroller}
        class={`table table-${table}`}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={rows + 1}
        aria-colcount={columns.length}
        aria-busy={total === undefined}
        aria-activedescendant={drawnRows.includes(active) ? id(active) : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div class="head" role="rowgroup">
          <div class="row" role="row" aria-rowindex={1}>
            {columns.map(({ name, kind }) => (
              <div key={name} class={`cell ${kind}`} role="columnheader">
                {name}
              </div>
            ))}
          </div>
        </div>
        <div class="body" role="rowgroup" style={{ height: `${Math.max(rows, 1) * rowHeight}px` }}>
          {rows === 0 && (
            <div class="row none" role="row">
              <div class="cell" role="gridcell">
                {total === undefined
                  ? (cache.error?.message ?? 'Loading …')
                  : filter === ''
                    ? none
                    : `Nothing matches “${filter}”.`}
              </div>
            </div>
          )}
          {drawnRows.map((index) => {
            const row = cache.row(index)
            const asks = row === undefined ? undefined : question(row)
            const state = `${index === active ? ' active' : ''}${asks !== undefined && asks === asked ? ' asked' : ''}`
            return (
              <div
                key={index}
                id={id(index)}
                class={`row${asks === undefined ? '' : ' opens'}${state}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={asks !== undefined && asks === asked}
                style={{ transform: `translateY(${index * rowHeight}px)` }}
                onClick={() => {
                  setActive(index)
                  openRow(index)
                }}
              >
                {columns.map(({ name, kind, cell }) => (
                  <div key={name} class={`cell ${kind}`} role="gridcell">
                    <Content content={row === undefined ? <span class="pending" /> : cell(row, context)} />
                  </div>
                ))}
              </div>
            )
          })}
        </div>
      </div>
      <div class="foot">{total === undefined ? '' : `${number(rows)} ${rows === 1 ? 'row' : 'rows'}`}</div>
    </>
  )
}
