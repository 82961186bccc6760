import type { Millis } from 'ecs-task-stream'
import type { TaskBodies, Told } from './task-bodies.js'
import type { Template } from './template.js'

interface Life {
  readonly index: number
  readonly service: number
  version: number
  /** When it changed last. */
  at: Millis
  /** What is still to be told of its start or its stop. */
  ahead: readonly Template<Told>[]
}

/**
 * A fleet of tasks of which one after the other is replaced: a new one starts, step by step, and when it runs, an old
 * one stops. It holds a few numbers of each task, whatever has happened.
 */
export class Churn {
  /** Those that run. */
  readonly #running: Life[]
  /** Those that start or stop, in the order in which they are told of. */
  readonly #moving: Life[] = []
  #launched: number
  #turn = 0

  constructor(
    private readonly bodies: TaskBodies,
    readonly tasks: number,
    private readonly services: number,
    /** How many are replaced at a time. */
    private readonly together: number,
    began: Millis,
  ) {
    this.#running = Array.from({ length: tasks }, (_, index) => ({
      index,
      service: index % services,
      version: bodies.starting.length,
      at: began,
      ahead: [],
    }))
    this.#launched = tasks
  }

  /** The next so many bodies, all of the same time. */
  next(count: number, at: Millis): readonly string[] {
    return Array.from({ length: count }, () => this.#next(at))
  }

  /** The tasks that are meant to run now. */
  running(): readonly Told[] {
    return this.#running.map(({ index, service, version, at }) => ({ index, service, version, at }))
  }

  #next(at: Millis): string {
    while (this.#moving.length < this.together) this.#launch()
    const life = this.#moving.shift()
    const [body, ...rest] = life?.ahead ?? []
    if (life === undefined || body === undefined) throw new Error('nothing is to be told of a task')
    const text = body({ index: life.index, service: life.service, version: ++life.version, at })
    life.at = at
    life.ahead = rest
    if (rest.length > 0) this.#moving.push(life)
    else if (body === this.bodies.running) this.#replace(life)
    return text
  }

  #launch(): void {
    const index = this.#launched++
    this.#moving.push({
      index,
      service: index % this.services,
      version: 0,
      at: 0,
      ahead: this.bodies.starting,
    })
  }

  /** The task takes the place of another one of its service, which stops. */
  #replace(life: Life): void {
    // As many places as tasks, and services in turn: the place of the same service.
    const place = life.service + this.services * (this.#turn++ % (this.tasks / this.services))
    const old = this.#running[place]
    this.#running[place] = life
    if (old !== undefined) this.#moving.push({ ...old, ahead: this.bodies.stopping })
  }
}
