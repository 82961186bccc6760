import { type Report, run, servicePorts, type Sink } from 'ecs-task-stream'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { virtualClock } from '../support/virtual-clock.js'

/** A worker whose sink has something to say of its target, and what the worker reports of it. */
const warned = (make: (sink: Sink<Addresses>) => Sink<Addresses> = (sink) => sink) => {
  const clock = virtualClock(1_000_000)
  const target = { wrong: [] as readonly string[], reads: 0 }
  const sink = memorySink()
  const worker = run(
    {
      sources: [memorySource()],
      sinks: [
        make({
          ...sink,
          read: (signal) => {
            target.reads++
            return sink.read(signal)
          },
          warnings: () => target.wrong,
        }),
      ],
      expose: servicePorts(),
      minWriteIntervalMs: 0,
      resyncMs: 60_000,
    },
    { clock, random: () => 0.5 },
  )
  const heard: (Report & { _tag: 'SinkWarned' })['warnings'][] = []
  worker.reports$.subscribe((report) => {
    if (report._tag === 'SinkWarned') heard.push(report.warnings)
  })
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  return { clock, target, heard }
}

describe.each<[string, ((sink: Sink<Addresses>) => Sink<Addresses>) | undefined]>([
  ['a sink', undefined],
  ['a dry run', dryRun],
])('the warnings of %s', (_, make) => {
  it('are asked for at each reading, and reported when they change', async () => {
    const { clock, target, heard } = warned(make)
    await clock.advance(0)
    expect(heard).toEqual([])
    target.wrong = ['half full']
    const before = target.reads
    await clock.advance(240_000)
    expect(target.reads).toBeGreaterThan(before + 1)
    expect(heard).toEqual([['half full']])
    target.wrong = ['half full', 'on fire']
    await clock.advance(120_000)
    target.wrong = []
    await clock.advance(240_000)
    expect(heard).toEqual([['half full'], ['half full', 'on fire'], []])
  })
})
