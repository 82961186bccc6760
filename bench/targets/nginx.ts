import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nginxFiles } from 'ecs-task-stream/sinks/nginx'
import { nginx as program } from '../../scripts/conformance/targets.js'
import { freePort, started } from './program.js'
import type { Target } from './target.js'

/** As in examples/nginx/nginx.conf. */
const configurationOf = (home: string, port: number): string => `
daemon off;
pid ${home}/nginx.pid;
error_log stderr error;
worker_processes 1;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  include ${home}/upstreams/*.conf;
  map $host $to { default web; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://$to;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_next_upstream error timeout non_idempotent;
      error_page 502 @unanswered;
    }
    location @unanswered {
      if ($upstream_addr !~ ":") { return 503; }
      return 502;
    }
  }
}
`

export const nginx: Target = {
  name: 'nginx',
  needs: [program],
  start: async ([binary = ''], home, faults) => {
    const port = await freePort()
    const [configuration, directory] = [join(home, 'nginx.conf'), join(home, 'upstreams')]
    await mkdir(directory)
    await writeFile(configuration, configurationOf(home, port))
    const args = ['-e', 'stderr', '-c', configuration]
    const running = await started(binary, args, port)
    return {
      sinks: [
        faults.ofSink(nginxFiles({ directory, command: [binary, ...args], directives: ['keepalive 32'] })),
      ],
      routes: [{ target: 'nginx, files', port, host: 'web.test' }],
      end: running.end,
    }
  },
}
