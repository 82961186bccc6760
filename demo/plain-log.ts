import { plainState, type Scene, seconds } from './screen.js'
import { printable } from '../src/shared/codec/printable.js'

/** The scene as lines of a log, one for each change: nothing that happens twice is said twice. */
export class PlainLog {
  #newest = -Infinity
  #state: string | undefined

  /** What is new since the last scene: the news, each once, and the state, if it is another one. */
  take(scene: Scene): readonly string[] {
    const at = `${seconds(scene.elapsed).padStart(8)}  `
    const news = scene.news.filter((item) => item.at > this.#newest)
    this.#newest = news.at(-1)?.at ?? this.#newest
    const state = plainState(scene)
    const isNew = state !== this.#state
    this.#state = state
    return [
      ...news.map((item) => `${seconds(item.at).padStart(8)}  ${printable(item.text)}`),
      ...(isNew ? [at + state] : []),
    ]
  }
}
