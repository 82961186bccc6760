import { type SinkHarness, sinkContract } from 'ecs-task-stream/testing'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nginxUpstreams, type Servers } from './nginx-upstreams.js'

const harness = (): Promise<SinkHarness<Servers>> => {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-upstreams-'))
  const path = join(folder, 'upstreams.conf')
  const text = () => (existsSync(path) ? readFileSync(path, 'utf8') : '')
  const blocks = () => text().match(/^upstream [^}]*\}/gm) ?? []
  const nameOf = (block: string) => block.split(' ', 2)[1] ?? ''
  return Promise.resolve({
    sink: nginxUpstreams({ path }),
    another: () => nginxUpstreams({ path }),
    snapshot: () => Promise.resolve(new Map(blocks().map((block) => [nameOf(block), block]))),
    writes: () => statSync(path, { throwIfNoEntry: false })?.ino ?? 0,
    addresses: (servers) => servers,
    tamper: (key) => {
      const byHand = `upstream ${key} {\n    server 192.0.2.1:1;\n}`
      writeFileSync(path, text().replace(blocks().find((block) => nameOf(block) === key) ?? '', byHand))
      return Promise.resolve()
    },
    dispose: () => {
      rmSync(folder, { recursive: true })
      return Promise.resolve()
    },
  })
}

// A file is one owner's as a whole, holds nothing else, and is replaced as a whole.
sinkContract('nginxUpstreams', harness, {
  lacks: ['foreign-rows', 'adoption', 'extras', 'partial-failure'],
  // Each run writes to the disk several times, and waits for it.
  runs: 15,
})
