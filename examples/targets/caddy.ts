/** Keeps the upstreams of Caddy's handlers, by its admin API. See docs/caddy.md. */
import { defaulted, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

export default defineTarget({
  name: 'caddy',
  summary: 'Keeps the upstreams of reverse_proxy handlers in Caddy, by its admin API',
  settings: {
    caddyUrl: defaulted(text('URL', 'a URL, or unix: and a path'), 'http://localhost:2019', {
      description: "Caddy's admin API: a URL, or unix: and the path of a socket",
      example: 'unix:/run/caddy/admin.sock',
    }),
    caddyIdPrefix: defaulted(text('prefix', 'the beginning of ids'), 'ecs:', {
      description: 'With what the @id of a handler begins; the name of the backend follows',
      example: 'staging:',
    }),
  },
  check: ({ caddyUrl = '' }) =>
    /^(http:\/\/|unix:\/)/.test(caddyUrl)
      ? []
      : [
          {
            settings: ['caddyUrl'],
            message: 'it begins with http:// or unix:/',
            example: 'CADDY_URL=http://localhost:2019',
          },
        ],
  // Each write makes Caddy load its configuration. Reading it costs little, and repairs what a restart has lost.
  pace: { minWriteIntervalMs: 1_000, resyncMs: 5_000 },
  sink: async ({ caddyUrl, caddyIdPrefix }) => {
    // Loaded here, because `--help` needs none of it.
    const { caddy } = await import('ecs-task-stream/sinks/caddy')
    return caddy({ url: caddyUrl, idPrefix: caddyIdPrefix })
  },
})
