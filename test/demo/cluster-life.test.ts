import { describe, expect, it } from 'vitest'
import { ClusterLife, type Tick } from '../../demo/cluster-life.js'
import type { Contents } from '../../demo/contents.js'

const ticks = 400

const live = (seed: number): { readonly life: ClusterLife; readonly ticks: readonly Tick[] } => {
  const life = new ClusterLife({ seed, services: 6 })
  return { life, ticks: Array.from({ length: ticks }, () => life.tick()) }
}

describe('the life of a cluster', () => {
  it('is the same again for the same seed: what happens, what is lost, and what arrives when', () => {
    const [one, two, other] = [live(7), live(7), live(8)]
    const story = (ticks: readonly Tick[]) =>
      ticks.map(({ changes, arrived, news }) => ({
        changes,
        news,
        arrived: arrived.map(({ number, task, version }) => ({ number, task, version })),
      }))
    expect(story(two.ticks)).toEqual(story(one.ticks))
    expect(two.life.counts).toEqual(one.life.counts)
    expect(story(other.ticks)).not.toEqual(story(one.ticks))
  })

  it('reports every change of the truth', () => {
    const life = new ClusterLife({ seed: 3, services: 6 })
    const servers = new Map<string, Set<string>>(
      [...life.cluster.truth()].map(([service, there]) => [service, new Set(there)]),
    )
    for (let tick = 0; tick < ticks; tick++)
      for (const { service, server, live } of life.tick().changes)
        if (live) servers.get(service)!.add(server)
        else servers.get(service)!.delete(server)
    const reported: Contents = new Map([...servers].map(([service, there]) => [service, [...there].sort()]))
    expect(reported).toEqual(life.cluster.truth())
  })

  it('accounts for every event: each arrives as often as it was sent, or is counted as lost', () => {
    const { life, ticks: lived } = live(5)
    const arrived = lived.flatMap((tick) => tick.arrived)
    while (life.underWay > 0) arrived.push(...life.deliver().arrived)
    const { sent, extra, lost, overtaken } = life.counts
    expect(arrived).toHaveLength(sent + extra - lost)
    expect(new Set(arrived.map(({ number }) => number)).size).toBe(sent - lost)
    expect(Math.min(extra, lost, overtaken)).toBeGreaterThan(0)
  })

  it('has quiet moments, in which nothing changes', () => {
    const life = new ClusterLife({ seed: 1, services: 6 })
    let calm = 0
    for (let tick = 0; tick < ticks; tick++) {
      const quiet = life.calm
      const { changes } = life.tick()
      if (!quiet) continue
      calm++
      expect(changes).toEqual([])
    }
    expect(calm).toBeGreaterThan(50)
  })
})
