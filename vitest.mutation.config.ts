import { defineConfig } from 'vitest/config'
import { source } from './vitest.config.js'

/**
 * The tests of the files in `stryker.config.json`, each of which takes milliseconds: see docs/mutation.md.
 * `MUTATION_TESTS`: others, by commas, for other files.
 */
const measured = [
  'test/laws/{acknowledgements,cluster-state,completeness,ledger,liveness,log-position}.test.ts',
  'test/laws/{plan-of,reduce,sweep,task,task-end,verdict}.test.ts',
  'test/laws/{backend-claims,claim,projector,reconcile-held,reconcile-reads,reconcile-writes,same-claims}.test.ts',
  'test/{deployments/traffic,sinks/kit}.test.ts',
  'test/journal/{checkpoint-events,compact-rows,entry-parts,event-forms}.test.ts',
  'test/journal/{file-names,memory-journal,merged-items,positions,stored-entries,whole-snapshots}.test.ts',
]
const only = process.env['MUTATION_TESTS']?.split(',') ?? measured

/** For `npm run mutation`: the tests of core and journal that need neither sockets nor processes. */
export default defineConfig({
  ...source,
  test: {
    include: only,
    exclude: ['**/*.wire.test.ts', '**/*.process.test.ts', '**/node_modules/**'],
    // Most wrong versions fail within 14 cases: see CONTRIBUTING.md.
    env: { LAW_RUNS: process.env['LAW_RUNS'] ?? '15' },
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
