import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run against the sources: the package's own name resolves to src/, as in `examples/`.
  resolve: { conditions: ['ecs-task-stream:source'] },
  ssr: {
    resolve: { conditions: ['ecs-task-stream:source'], externalConditions: ['ecs-task-stream:source'] },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // They need servers that npm does not have: `npm run test:aws`, `npm run test:traefik`.
    exclude: [...configDefaults.exclude, 'test/aws/**', 'test/traefik-server/**'],
    // Vitest leaves one core to itself, which is half of a machine with two. A file has a process of its own, with
    // the servers that it starts: laws that keep a core busy do not starve those of another file.
    maxWorkers: '100%',
    // A law runs a thousand histories, and servers answer over the wire: on a slow machine that may take a while.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
