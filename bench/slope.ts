/** A line through points, by least squares. */
export interface Slope {
  readonly slope: number
  /** The standard error of the slope; `NaN` with fewer than three points. */
  readonly error: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const slopeOf = (points: readonly Point[]): Slope => {
  const [meanX, meanY] = [meanOf(points.map(({ x }) => x)), meanOf(points.map(({ y }) => y))]
  const spreadX = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX
  const residual = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: points.length < 3 ? NaN : Math.sqrt(residual / (points.length - 2) / spreadX) }
}
