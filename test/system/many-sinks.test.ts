import { describe, expect, it, onTestFinished } from 'vitest'
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'

describe('a worker with many sinks', () => {
  it('does not look like a leak of listeners to Node', async () => {
    const warnings: string[] = []
    const take = ({ name }: Error) => void warnings.push(name)
    process.on('warning', take)
    onTestFinished(() => void process.off('warning', take))
    const worker = run({
      sources: [memorySource()],
      sinks: Array.from({ length: 20 }, (_, n) => memorySink({ name: `sink-${n}` })),
      expose: servicePorts(),
      owner: 'owner',
    })
    // Every sink has been read, and waits.
    await new Promise((resolve) => setImmediate(resolve))
    await worker.stop()
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })
})
