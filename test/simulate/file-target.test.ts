import { describe, expect, it } from 'vitest'
import { prng } from '../../sim/prng.js'
import { atomicFile } from '../../src/sinks/document/atomic-file.js'
import { Machine } from '../../simulate/disk/machine.js'
import { Faults } from '../../simulate/engine/faults.js'
import { SimulatedProcess } from '../../simulate/engine/simulated-process.js'
import { Timeline } from '../../simulate/engine/timeline.js'
import { documentPath, FileTarget } from '../../simulate/targets/file-target.js'

const document = (owner: string): string =>
  JSON.stringify({
    _meta: { owner },
    http: { services: { web: { loadBalancer: { servers: [{ url: 'http://10.0.0.1:80' }] } } } },
  })

/** A file on a quiet machine, a process that writes it, and what a reader sees. */
const quiet = () => {
  const timeline = new Timeline(0, prng(1))
  const faults = new Faults({ seed: 1, without: new Set(), most: Infinity }, () => undefined)
  const machine = new Machine(timeline, faults)
  const seen: string[] = []
  const target = new FileTarget(
    { machine, now: () => timeline.now, faults, services: ['web'] },
    {
      wrote: ({ by, after }) => seen.push(`${by.name}: ${after?.backend} of ${after?.owner}`),
      noted: ({ after }) => seen.push(`somebody: ${after?.backend} of ${after?.owner}`),
      shown: () => undefined,
      defect: (thrown) => seen.push(String(thrown)),
    },
  )
  target.start()
  const process = new SimulatedProcess('w1', timeline, {
    seed: 1,
    wrong: { aheadMs: 0, rate: 1 },
    died: () => undefined,
  })
  const file = atomicFile(documentPath, { files: machine.files(process) })
  const written = async (text: string, expected: string | undefined): Promise<void> => {
    const writing = file.replace(text, expected)
    await timeline.runUntil(timeline.now + 1_000)
    expect(await writing).toBe(true)
  }
  return { machine, seen, target, written }
}

describe('a document in a simulated file', () => {
  it('is seen when it has its name, and after others have changed it', async () => {
    const { machine, seen, target, written } = quiet()
    await written(document('us'), undefined)
    expect(seen).toEqual(['w1: web of us'])
    machine.replace(documentPath, document('them'))
    machine.replace(documentPath, undefined)
    expect(seen.slice(1)).toEqual(['somebody: web of them', 'somebody: undefined of undefined'])
    expect([...target.records()]).toEqual([])
  })

  it('is a violation when half of it is there', () => {
    const { machine, seen } = quiet()
    machine.replace('/dynamic/other.yml', 'half')
    expect(seen).toEqual([])
    machine.replace(documentPath, document('us').slice(0, 40))
    expect(seen).toHaveLength(1)
    expect(seen[0]).toContain('readers see whole documents')
  })
})
