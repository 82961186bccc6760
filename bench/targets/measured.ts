import type { Millis } from 'ecs-task-stream'
import type { FleetReport } from './fleet.js'
import type { Asked } from './load.js'
import type { Phase } from './story.js'

/** What one target did in one phase. */
export interface Measured {
  /** From the event of a start to the first request to that task. `Infinity`: there was none. */
  readonly toFirst: readonly Millis[]
  /** From the event of a stop to the last request to that task; 0 if none came after it. */
  readonly toLast: readonly Millis[]
  readonly requests: number
  /** Requests without a good answer, with what went wrong. 503 while no task runs is none of them. */
  readonly failed: readonly string[]
  /** Those of them that were on their way to a task when it died. */
  readonly inFlight: number
}

/** From the last stop until the first good answer afterwards, nobody can answer: 503 is right then. */
const emptyWindow = (
  { name, stopped, started }: Phase,
  good: readonly Asked[],
): readonly [Millis, Millis] => {
  if (name !== 'zero') return [Infinity, Infinity]
  const from = Math.min(...stopped.map(({ stopped: at = Infinity }) => at))
  const back = Math.min(...started.map(({ started: at }) => at))
  const answered = good.filter(({ sent }) => sent >= back).map(({ ended }) => ended)
  return [from, Math.min(Infinity, ...answered)]
}

export const measured = (
  target: string,
  phase: Phase,
  asked: readonly Asked[],
  { arrivals, died }: FleetReport,
): Measured => {
  const mine = asked.filter(
    (each) => each.target === target && each.sent >= phase.began && each.sent < phase.ended,
  )
  const good = mine.filter(({ status }) => status === 200)
  const [from, to] = emptyWindow(phase, good)
  const bad = mine.filter(
    ({ status, sent, ended }) => status !== 200 && !(status === 503 && ended >= from && sent <= to),
  )
  const deaths = phase.stopped.flatMap(({ id, crashed }) =>
    crashed === undefined ? [] : [[crashed, died[id] ?? crashed] as const],
  )
  const inFlight = bad.filter(({ sent, ended }) =>
    deaths.some(([began, over]) => sent <= over && ended >= began),
  )
  return {
    toFirst: phase.started.map(({ id, started }) => (arrivals[id]?.[target]?.first ?? Infinity) - started),
    toLast: phase.stopped.flatMap(({ id, stopped, crashed }) =>
      stopped === undefined || crashed !== undefined
        ? []
        : Math.max(0, (arrivals[id]?.[target]?.last ?? 0) - stopped),
    ),
    requests: mine.length,
    failed: bad.map(({ status, task }) => (status === 0 ? task : String(status))),
    inFlight: inFlight.length,
  }
}
