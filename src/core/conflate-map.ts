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
 * Projects each value to an inner stream, one at a time. Values that arrive in the meantime overwrite a single slot;
 * when the inner stream completes, the slot's value is next. The last value therefore always runs, two never run at
 * once, and at most one value is buffered.
 *
 * ```
 * source:      a--b-c-d---------|
 * inner:       [--a--][--d--]
 * ```
 *
 * Completes when the source has completed and the slot is empty. Errors of the source and of inner streams are passed
 * on. In contrast, `exhaustMap` drops the newest value, and `concatMap` has an unbounded buffer. Inner streams that
 * complete synchronously run in a loop and cannot exhaust the stack.
 */
export const conflateMap =
  <A, B>(project: (value: A) => ObservableInput<B>): OperatorFunction<A, B> =>
  (source) =>
    new Observable((subscriber) => {
      let slot: { readonly value: A } | undefined
      let running = false
      let draining = false
      let completed = false
      // Also closes inner streams that emit synchronously, before their subscription exists.
      const closed = new Subject<void>()
      subscriber.add(() => closed.next())

      const start = (value: A): void => {
        running = true
        defer(() => project(value))
          .pipe(
            takeUntil(closed),
            // Runs after the inner stream has released its resources, so that two never run at once.
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
