/** A sink of another project: backends as `upstream` blocks, in a file that nginx includes. */
import { formatAddress, renderEach, type Sink } from 'ecs-task-stream'
import { type DocumentFormat, fileDocument, hostsIn, mergeIncomplete } from 'ecs-task-stream/sinks/kit'

/** `10.0.0.1:80`, ordered. */
export type Servers = readonly string[]

/** nginx refuses an upstream without servers. */
const placeholder = '    server 127.0.0.1:9 down;'

const format: DocumentFormat<Servers> = {
  etagOf: (servers) => servers.join(' '),
  print: ({ owner, records }) =>
    [
      ...(owner === undefined ? [] : [`# owner: ${owner}`]),
      ...[...records]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, servers]) => {
          const lines = servers.map((server) => `    server ${server};`)
          return `upstream ${name} {\n${(servers.length === 0 ? [placeholder] : lines).join('\n')}\n}`
        }),
      '',
    ].join('\n'),
  parse: (text) => ({
    owner: /^# owner: (.+)$/m.exec(text)?.[1],
    records: new Map(
      [...text.matchAll(/^upstream (\S+) \{\n([^}]*)\}$/gm)].map(([, name = '', body = '']) => [
        name,
        [...body.matchAll(/server ([^ ;]+);/g)].map(([, server = '']) => server),
      ]),
    ),
  }),
}

export const nginxUpstreams = ({ path }: { readonly path: string }): Sink<Servers> => ({
  name: 'nginx-upstreams',
  adopt: false,
  equals: (a, b) => a.join() === b.join(),
  ...renderEach<Servers>((backend, held = []) =>
    mergeIncomplete(backend, {
      live: backend.endpoints.map(formatAddress),
      held,
      addressOf: (server) => server,
    }).toSorted(),
  ),
  prune: () => undefined,
  emptied: () => [],
  hostsOf: hostsIn,
  ...fileDocument({ path, format }),
})
