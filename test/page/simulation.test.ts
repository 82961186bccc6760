import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { pastWorld } from '../../page/local/past-world.js'
import { readFiles } from '../../page/local/read-files.js'
import { recordingFile } from '../../page/simulation/recording-file.js'
import { Simulation } from '../../page/simulation/simulation.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { summarizeReplay } from '../../src/worker/replay/summary.js'

const start = Date.UTC(2026, 0, 2)

const simulated = (seed: number): Simulation => {
  const simulation = new Simulation(seed, start)
  onTestFinished(() => simulation.stop())
  return simulation
}

/** Lets time pass, and the worker work. */
const played = async (simulation: Simulation, ticks: number): Promise<void> => {
  for (let tick = 0; tick < ticks; tick++) {
    simulation.tick(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('the simulation of the page', () => {
  it('leaves dead servers in the table that applies events one by one, and none in the worker’s', async () => {
    const simulation = simulated(7)
    await played(simulation, 300)
    simulation.isLively = false
    // All tasks come to rest, the last events arrive, and a snapshot follows.
    await played(simulation, 400)
    const { naive, ours } = simulation.state
    expect(ours).toMatchObject({ dead: 0, missing: 0 })
    expect(naive.dead).toBeGreaterThan(0)
  })

  it.each(['BLUE_GREEN', 'CANARY'] as const)(
    'deploys by %s: the new revision is in the worker’s table from its stage on, in the other one before',
    async (strategy) => {
      const simulation = simulated(7)
      for (const fault of ['drop', 'double', 'reorder'] as const) simulation.transport.toggle(fault)
      simulation.isLively = false
      await played(simulation, 100)
      simulation.act({ _tag: 'Deploy', strategy })
      const stages = new Set<string | undefined>()
      const early = { naive: 0, ours: 0 }
      for (let tick = 0; tick < 600; tick++) {
        await played(simulation, 1)
        const { rows } = await simulation.inspector.rows('deployments', { from: 0, count: 10 })
        for (const row of rows) if (row.rollout === 'Shifting') stages.add(row.stage)
        const { naive, ours } = simulation.state
        early.naive = Math.max(early.naive, naive.early)
        early.ours = Math.max(early.ours, ours.early)
      }
      expect(stages).toContain('PRODUCTION_TRAFFIC_SHIFT')
      expect(early.naive).toBeGreaterThan(0)
      expect(early.ours).toBe(0)
      expect(simulation.state.ours).toMatchObject({ dead: 0, missing: 0, early: 0 })
      const { rows } = await simulation.inspector.rows('deployments', { from: 0, count: 10 })
      expect(rows.map(({ rollout }) => rollout)).toEqual(['Settled', 'Settled'])
    },
  )

  it('shows each moment of its recording as `replay --until` does', async () => {
    const simulation = simulated(3)
    for (const act of [
      { _tag: 'KillTask' },
      { _tag: 'ReplaceMachine' },
      { _tag: 'Deploy', strategy: 'ROLLING' },
      { _tag: 'Deploy', strategy: 'CANARY' },
    ] as const) {
      simulation.act(act)
      await played(simulation, 60)
    }
    const file = new File([recordingFile(simulation.recording)], 'recording.jsonl')
    const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const path = join(directory, 'recording.jsonl')
    await writeFile(path, await file.text())

    const { recording, faulty } = await readFiles([file])
    expect(faulty).toBe(0)
    const { from = 0, to = 0 } = recording
    const projection = { expose: deployments(servicePorts()), skewAllowanceMs: defaultSkewAllowanceMs }
    for (let share = 0; share <= 1; share += 0.1) {
      const at = Math.round(from + share * (to - from))
      const replayed = await summarizeReplay(
        { files: [path], until: at, clusters: undefined, signal: new AbortController().signal },
        projection,
        () => undefined,
      )
      const shown = pastWorld(recording, at, projection)
      expect([...shown.desired.backends.values()]).toEqual([...replayed.desired.backends.values()])
      expect([...shown.desired.unresolved.values()]).toEqual([...replayed.desired.unresolved.values()])
      expect(shown.desired.complete).toBe(replayed.desired.complete)
      expect(shown.desired.revision).toBe(replayed.deliveries)
    }
  })

  it('reads packed recordings, and names the lines that are none', async () => {
    const simulation = simulated(5)
    await played(simulation, 50)
    const plain = recordingFile(simulation.recording)
    const packed = await new Response(plain.stream().pipeThrough(new CompressionStream('gzip'))).blob()
    const whole = await readFiles([new File([packed], 'recording.gz')])
    expect(whole.recording.entries).toHaveLength(simulation.recording.entries.length)
    const damaged = await readFiles([new File(['hello\n', plain, '{"v":3'], 'damaged.jsonl')])
    expect(damaged.recording.entries).toHaveLength(simulation.recording.entries.length)
    expect(damaged.faults).toEqual([
      expect.stringContaining('damaged.jsonl:1: '),
      expect.stringContaining('ends in the middle of this line'),
    ])
  })
})
