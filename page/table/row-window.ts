/** Which rows of a long table are drawn. */
export interface RowWindow {
  readonly from: number
  readonly count: number
}

export interface Viewport {
  /** Pixels above the first visible row. */
  readonly top: number
  /** Pixels that show rows. */
  readonly height: number
  readonly rowHeight: number
  /** The number of rows of the table. */
  readonly total: number
}

/** Rows above and below the visible ones that are drawn too, so that slow scrolling shows no gap. */
export const overscan = 8

/** The visible rows and some around them. Never more than the viewport has room for, with the overscan. */
export const rowWindow = ({ top, height, rowHeight, total }: Viewport): RowWindow => {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), total - 1))
  const from = Math.max(0, first - overscan)
  const to = Math.min(total, first + Math.ceil(height / rowHeight) + 1 + overscan)
  return { from, count: Math.max(0, to - from) }
}

/** The numbers of the pages that a window needs. */
export const pagesOf = ({ from, count }: RowWindow, pageSize: number): readonly number[] => {
  if (count <= 0) return []
  const first = Math.floor(from / pageSize)
  const last = Math.floor((from + count - 1) / pageSize)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

/** Where the table is to scroll so that a row is visible: `top` itself if it is. */
export const scrolledTo = (row: number, { top, height, rowHeight }: Omit<Viewport, 'total'>): number => {
  const begin = row * rowHeight
  if (begin < top) return begin
  return begin + rowHeight > top + height ? begin + rowHeight - height : top
}
