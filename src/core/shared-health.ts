import type { Health, TaskHealth } from './task.js'

let newest = 0
const records = new Map<Health, TaskHealth>()

/** One record for all tasks whose health is equal in one answer: a snapshot would otherwise make one for each task. */
export const sharedHealth = (at: number, status: Health): TaskHealth => {
  if (at !== newest) records.clear()
  newest = at
  const known = records.get(status) ?? { at, status }
  records.set(status, known)
  return known
}
