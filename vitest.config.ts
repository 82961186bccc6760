import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run against the sources: the package's own name resolves to src/, as in `examples/`.
  resolve: { conditions: ['ecs-task-stream:source'] },
  ssr: { resolve: { conditions: ['ecs-task-stream:source'], externalConditions: ['ecs-task-stream:source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
