import {
  defer,
  finalize,
  Observable,
  type ObservableInput,
  type OperatorFunction,
  Subject,
  takeUntil,
} from 'rxjs'

/**
 * Projects each value to an inner stream, one at a time. Values that arrive while one runs overwrite a single slot;
 * when it completes, the slot's value runs next. So the last value always runs, never two at once, and memory is one
 * value.
 *
 * ```
 * source:      a--b-c-d---------|
 * inner:       [--a--][--d--]
 * ```
 *
 * Completes when the source has and the slot is empty; an error of either passes on. It is what `exhaustMap` (which
 * drops the newest) and `concatMap` (whose buffer has no bound) are not. Inner streams that complete synchronously
 * run in a loop: they cannot exhaust the stack.
 */
export const conflateMap =
  <A, B>(project: (value: A) => ObservableInput<B>): OperatorFunction<A, B> =>
  (source) =>
    new Observable((subscriber) => {
      let slot: { readonly value: A } | undefined
      let running = false
      let draining = false
      let completed = false
      // Closes what emits synchronously, too, whose subscription nobody has yet.
      const closed = new Subject<void>()
      subscriber.add(() => closed.next())

      const start = (value: A): void => {
        running = true
        defer(() => project(value))
          .pipe(
            takeUntil(closed),
            // Not at completion, but when it has let go of what it held: never two at once.
            finalize(() => {
              running = false
              drain()
            }),
          )
          .subscribe({
            next: (result) => subscriber.next(result),
            error: (error) => subscriber.error(error),
          })
      }

      const drain = (): void => {
        if (draining) return
        draining = true
        while (!running && slot !== undefined && !subscriber.closed) {
          const { value } = slot
          slot = undefined
          start(value)
        }
        draining = false
        if (completed && !running) subscriber.complete()
      }

      source.pipe(takeUntil(closed)).subscribe({
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
    })
