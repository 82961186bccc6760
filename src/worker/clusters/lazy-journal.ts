import type { Journal } from '../../core/journal.js'

/** A journal whose driver is loaded with the first call. If that fails, the next call tries again. */
export const lazyJournal = (load: () => Promise<Journal>): Journal => {
  let loading: Promise<Journal> | undefined
  const journal = (): Promise<Journal> =>
    (loading ??= load().catch((thrown: unknown) => {
      loading = undefined
      throw thrown
    }))
  return {
    append: async (entries, signal) => (await journal()).append(entries, signal),
    amend: async (entry, position, signal) => (await journal()).amend(entry, position, signal),
    catchUp: async (since, signal) => (await journal()).catchUp(since, signal),
    checkpoint: async (events, position, signal) => (await journal()).checkpoint(events, position, signal),
    lease: async (work, ms, signal) => (await journal()).lease(work, ms, signal),
  }
}
