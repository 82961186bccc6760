/** How many cases each law is tried on: 1,000, or what `LAW_RUNS` says (`npm run test:soak`: 100,000). */
export const runs = Number(process.env['LAW_RUNS'] ?? 1000)
