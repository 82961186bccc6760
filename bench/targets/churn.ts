import type { ClusterEvent, Millis, Task } from 'ecs-task-stream'
import type { Fleet } from './fleet.js'
import { now } from './now.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/bench'

const taskOf = (id: string, port: number, version: number, desiredStatus: string): Task => ({
  arn: `${cluster.replace(':cluster/', ':task/')}/${id}`,
  cluster,
  group: 'service:web',
  definition: undefined,
  instance: undefined,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version,
  at: Date.now(),
  lastStatus: 'RUNNING',
  desiredStatus,
  interface: { version, ipv4: '127.0.0.1', ipv6: undefined },
  containers: [
    {
      name: 'web',
      version,
      lastStatus: 'RUNNING',
      arn: undefined,
      runtimeId: undefined,
      bindingsVersion: version,
      bindings: [{ containerPort: 80, hostPort: port, protocol: 'tcp', count: 1 }],
    },
  ],
  health: undefined,
})

/** When events of a task were told, and when it died without one. */
export interface Told {
  readonly id: string
  started: Millis
  stopped?: Millis
  crashed?: Millis
}

export const covered: readonly string[] = [cluster]

/** The tasks of one service, and what the worker is told about them. */
export class Service {
  private readonly ports = new Map<string, number>()
  private running: readonly Told[] = []
  private count = 0

  constructor(
    private readonly fleet: Fleet,
    private readonly tell: (event: ClusterEvent) => void,
    /** For how long a task serves after its stop. */
    private readonly drainMs: Millis,
  ) {}

  /** A whole snapshot of what runs. */
  list(): void {
    this.tell({
      _tag: 'TasksListed',
      cluster,
      at: Date.now(),
      tasks: this.running.map(({ id }) => taskOf(id, this.ports.get(id) ?? 0, 3, 'RUNNING')),
    })
  }

  async start(): Promise<Told> {
    const id = `task-${++this.count}`
    const port = await this.fleet.start(id)
    this.ports.set(id, port)
    const told: Told = { id, started: now() }
    this.running = [...this.running, told]
    this.tell({ _tag: 'TaskChanged', task: taskOf(id, port, 3, 'RUNNING') })
    return told
  }

  private takeOldest(): Told {
    const [oldest, ...others] = this.running
    if (oldest === undefined) throw new Error('no task runs')
    this.running = others
    return oldest
  }

  private tellStop(told: Told): void {
    told.stopped = now()
    this.tell({
      _tag: 'TaskChanged',
      task: taskOf(told.id, this.ports.get(told.id) ?? 0, 4, 'STOPPED'),
    })
  }

  /** The oldest is told to stop, and goes on serving for a while. */
  stop(): Told {
    const told = this.takeOldest()
    this.tellStop(told)
    setTimeout(() => this.fleet.close(told.id), this.drainMs)
    return told
  }

  /** The oldest dies, and only later is that told. */
  crash(toldAfterMs: Millis): Told {
    const told = this.takeOldest()
    told.crashed = now()
    this.fleet.crash(told.id)
    setTimeout(() => this.tellStop(told), toldAfterMs)
    return told
  }
}
