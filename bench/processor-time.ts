import { readdirSync, readFileSync } from 'node:fs'

/**
 * Microseconds of processor time that a process has used, the sum of its threads: the figures that other load disturbs
 * least. Only Linux reports them for other processes; `NaN` elsewhere.
 */
export const processorTimeOf = (pid: number | undefined): number => {
  if (pid === undefined) return NaN
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
      // The first number is the time on a processor, in nanoseconds.
      const [nanos = 'NaN'] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')
      return sum + Number(nanos) / 1_000
    }, 0)
  } catch {
    return NaN
  }
}

/** Bytes of a process that are in memory now, and at most so far. `NaN` where it is not Linux. */
export const residentOf = (pid: number | undefined): { readonly now: number; readonly most: number } => {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')
    const kilobytes = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024
    return { now: kilobytes('VmRSS'), most: kilobytes('VmHWM') }
  } catch {
    return { now: NaN, most: NaN }
  }
}
