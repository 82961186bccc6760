import { describe, expect, it } from 'vitest'
import { plan } from '../../src/core/plan.js'
import { dryRun } from '../../src/sinks/dry-run.js'
import { memory } from '../../src/sinks/memory.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'

const { signal } = new AbortController()
const backends = backendsOf([backendOf('web', [{ host: '10.0.0.1', port: 80 }])])

describe('dryRun', () => {
  it('plans exactly what the sink itself would', async () => {
    const sink = memory({ adopt: false })
    const dry = dryRun(sink)
    const planOf = async (one: typeof dry) => {
      const rows = await one.read(signal)
      return plan(one, one.render(backends, new Map()), rows, { owner: 'me', complete: true })
    }
    expect(await planOf(dry)).toEqual(await planOf(sink))
    expect((await planOf(dry)).changes).toHaveLength(1)
    expect(dry).toMatchObject({ name: 'memory (dry run)', dry: true, adopt: false })
    expect(dry.prune(['10.0.0.1:80'])).toEqual(sink.prune(['10.0.0.1:80']))
  })

  it('refuses to be applied, and writes nothing', async () => {
    const sink = memory()
    await expect(
      dryRun(sink).apply([{ _tag: 'Create', key: 'web', after: [] }], 'me', signal),
    ).rejects.toThrow('memory is a dry run')
    expect(sink.target.writes).toBe(0)
  })

  it('keeps whether the sink is required', () => {
    expect(dryRun({ ...memory(), required: false }).required).toBe(false)
    expect(dryRun(memory()).required).toBeUndefined()
  })

  it('wraps sinks whose methods need their object', async () => {
    class Counting {
      readonly name = 'counting'
      equals = () => true
      readonly adopt = true
      reads = 0
      render = () => new Map<string, readonly string[]>()
      prune = () => undefined
      apply = () => Promise.resolve([])
      read() {
        this.reads++
        return Promise.resolve([])
      }
    }
    const counting = new Counting()
    await dryRun(counting).read(signal)
    expect(counting.reads).toBe(1)
  })

  it('is the same sink when it is dry already', () => {
    const dry = dryRun(memory())
    expect(dryRun(dry)).toBe(dry)
  })
})
