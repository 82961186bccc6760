import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, isOpen } from './targets/program.js'

/** Its version line, or why it is left out. */
export const haproxyVersion = (): string | undefined => {
  const { error, stdout } = spawnSync('haproxy', ['-v'], { encoding: 'utf8', env: searching })
  return error === undefined ? stdout.split('\n')[0] : undefined
}

/** Distributions put it where only root looks. */
const searching = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` }

/** HAProxy in TCP mode over the ports, with one thread, as Node has one; `random` as our proxy has by default. */
export const haproxy = async (
  ports: readonly number[],
): Promise<{ readonly port: number; readonly child: ChildProcess }> => {
  const port = await freePort()
  const config = [
    'global',
    '  nbthread 1',
    '  maxconn 8000',
    'defaults',
    '  mode tcp',
    '  timeout connect 3s',
    '  timeout client 1h',
    '  timeout server 1h',
    'frontend clients',
    `  bind 127.0.0.1:${port} backlog 4096`,
    '  default_backend tasks',
    'backend tasks',
    '  balance random',
    ...ports.map((each, i) => `  server task${i} 127.0.0.1:${each}`),
    '',
  ].join('\n')
  // Not through a pipe: Node's pipes are sockets, which cannot be opened by a path.
  const file = join(await mkdtemp(join(tmpdir(), 'haproxy-')), 'haproxy.cfg')
  await writeFile(file, config)
  const child = spawn('haproxy', ['-db', '-q', '-f', file], { env: searching, stdio: 'inherit' })
  child.once('exit', () => void rm(dirname(file), { recursive: true }))
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`haproxy has ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { port, child }
}
