/** Work that yields where it may be interrupted, so that other work need not wait for all of it. */
export type Sliced<A> = Generator<undefined, A, undefined>

/** Number of tasks in a slice. A task takes about 10 µs, so that a slice takes about 5 ms. */
export const sliceSize = 500

/** Does all the work at once. */
export const atOnce = <A>(work: Sliced<A>): A => {
  for (;;) {
    const slice = work.next()
    if (slice.done === true) return slice.value
  }
}

/** Does the work with a pause after each slice. */
export const sliced = async <A>(work: Sliced<A>, pause: () => Promise<void>): Promise<A> => {
  for (;;) {
    const slice = work.next()
    if (slice.done === true) return slice.value
    await pause()
  }
}

/**
 * Does the work with a pause after each slice, and calls `end` with the result. Returns `undefined` if one slice was
 * all; otherwise a promise that resolves after `end`.
 */
export const inSlices = <A>(
  work: Sliced<A>,
  pause: () => Promise<void>,
  end: (result: A) => void,
): Promise<void> | undefined => {
  const first = work.next()
  if (first.done === true) {
    end(first.value)
    return undefined
  }
  const others = async (): Promise<void> => {
    await pause()
    end(await sliced(work, pause))
  }
  return others()
}
