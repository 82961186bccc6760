import { Counter, Gauge, type Registry } from 'prom-client'
import type { TaskIndex } from './index/task-index.js'
import { phases } from './index/task-record.js'

export interface MapperMetrics {
  answered(operation: string, status: number): void
  /** A client of the stream was too slow. */
  dropped(): void
}

/** The metrics of the ID mapper, in addition to those of every worker. */
export const mapperMetrics = (
  registry: Registry,
  index: Pick<TaskIndex, 'clusters' | 'containers'>,
  streams: () => number,
): MapperMetrics => {
  const registers = [registry]
  const prefix = 'ecs_task_stream_id_mapper_'
  new Gauge({
    name: `${prefix}tasks`,
    help: 'Tasks in the index, by phase.',
    labelNames: ['phase'],
    registers,
    collect() {
      for (const phase of phases) {
        let tasks = 0
        for (const group of index.clusters.from()) tasks += group.phases[phase]
        this.set({ phase }, tasks)
      }
    },
  })
  new Gauge({
    name: `${prefix}container_ids`,
    help: 'Container ids in the index.',
    registers,
    collect() {
      this.set(index.containers.size)
    },
  })
  new Gauge({
    name: `${prefix}streams`,
    help: 'Clients of the stream of changes.',
    registers,
    collect() {
      this.set(streams())
    },
  })
  const requests = new Counter({
    name: `${prefix}requests_total`,
    help: 'Requests by operation and status.',
    labelNames: ['operation', 'status'],
    registers,
  })
  const drops = new Counter({
    name: `${prefix}dropped_streams_total`,
    help: 'Clients of the stream that were disconnected because they were too slow.',
    registers,
  })
  return {
    // Both labels are bounded: operations are the server's own routes, and statuses are HTTP's.
    answered: (operation, status) => requests.inc({ operation, status }),
    dropped: () => drops.inc(),
  }
}
