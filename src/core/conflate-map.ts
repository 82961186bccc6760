import { from, Observable, type ObservableInput, type OperatorFunction, type Subscription } from 'rxjs'

/**
 * Projects each value to an inner stream, one at a time. Values that arrive while one runs overwrite a single slot; when it
 * completes, the slot's value runs next. So the last value always runs, never two at once, and memory is one value.
 *
 * ```
 * source:      a--b-c-d---------|
 * inner:       [--a--][--d--]
 * ```
 *
 * Completes when the source has and the slot is empty; an error of either passes on. It is what `exhaustMap` (which drops the newest) and `concatMap`
 * (whose buffer has no bound) are not. Inner streams that complete synchronously run in a loop: they cannot exhaust the stack.
 */
export const conflateMap =
  <A, B>(project: (value: A) => ObservableInput<B>): OperatorFunction<A, B> =>
  (source) =>
    new Observable((subscriber) => {
      let slot: { readonly value: A } | undefined
      let running = false
      let draining = false
      let completed = false
      let inner: Subscription | undefined

      const drain = (): void => {
        if (draining) return
        draining = true
        while (!running && slot !== undefined && !subscriber.closed) {
          const { value } = slot
          slot = undefined
          running = true
          let input: Observable<B>
          try {
            input = from(project(value))
          } catch (error) {
            subscriber.error(error)
            break
          }
          inner = input.subscribe({
            next: (result) => subscriber.next(result),
            error: (error) => subscriber.error(error),
            complete: () => {
              running = false
              drain()
            },
          })
        }
        draining = false
        if (completed && !running) subscriber.complete()
      }

      const outer = source.subscribe({
        next: (value) => {
          slot = { value }
          drain()
        },
        error: (error) => subscriber.error(error),
        complete: () => {
          completed = true
          drain()
        },
      })
      return () => {
        outer.unsubscribe()
        inner?.unsubscribe()
      }
    })
