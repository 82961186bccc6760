import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { page, root } from './pages.js'

describe('code in the documentation', () => {
  it('begins, in the README, with examples/compose.ts, and has ten lines beside its imports', () => {
    const [, first] = /^```ts\n([\s\S]*?)^```/m.exec(page('README.md').text) ?? []
    expect(first).toBe(readFileSync(join(root, 'examples/compose.ts'), 'utf8'))
    const lines = first?.split('\n').filter((line) => line !== '' && !line.startsWith('import '))
    expect(lines?.length).toBeLessThanOrEqual(10)
  })
})

const operating = page('docs/operating.md').text

const observed = (file: string): string => readFileSync(join(root, 'src/worker/observability', file), 'utf8')

describe('the operating page', () => {
  it('names every message about deployments', () => {
    const source = observed('deployment-log.ts') + observed('driver-log.ts')
    const messages = [...source.matchAll(/logger\.(?:info|warn)\([\s\S]*?'([^']{20,})',?\s*\)/g)].map(
      ([, message = '']) => message,
    )
    expect(messages).toHaveLength(5)
    expect(messages.filter((message) => !operating.includes(message))).toEqual([])
  })

  it('names every message of the log', () => {
    const source = readFileSync(join(root, 'src/worker/observability/log-line.ts'), 'utf8')
    const messages = [...source.matchAll(/message:(?! notice| string)\s*([^,]+(?:, [^']+'[^,]*)?),\n/g)]
      .flatMap(([, expression = '']) => [...expression.matchAll(/'([a-z][^']+)'/g)])
      .map(([, message = '']) => message)
    expect(messages.length).toBeGreaterThan(12)
    expect(messages.filter((message) => !operating.includes(`\`${message}\``))).toEqual([])
  })
})
