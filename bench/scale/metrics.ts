/** What a worker says of itself. */
export interface WorkerMetrics {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  /** The longest delay of its event loop since the last time that it was asked. */
  readonly stallMs: number
}

/** The number of a metric without labels, in Prometheus's text format. */
const numberOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])

export const readMetrics = async (url: string): Promise<WorkerMetrics> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return {
    cpuSeconds: numberOf(text, 'process_cpu_seconds_total'),
    residentBytes: numberOf(text, 'process_resident_memory_bytes'),
    heapBytes: numberOf(text, 'nodejs_heap_size_used_bytes'),
    stallMs: numberOf(text, 'nodejs_eventloop_lag_max_seconds') * 1_000,
  }
}
