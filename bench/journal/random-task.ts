import { createHash } from 'node:crypto'
import type { Task } from 'ecs-task-stream'
import { task } from '../synthetic.js'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Ids as random as those of ECS, which compression cannot shorten. */
export const randomTask = (i: number, service: number): Task => {
  const plain = task(i, service, 5)
  const id = digest(String(i))
  return {
    ...plain,
    arn: `arn:aws:ecs:eu-west-1:123456789012:task/bench/${id.slice(0, 32)}`,
    capacityProvider: 'FARGATE',
    zone: `eu-west-1${'abc'.charAt(i % 3)}`,
    startedBy: `ecs-svc/${digest(String(service)).slice(0, 16)}`,
    createdAt: 1_700_000_000_000 + Number.parseInt(id.slice(0, 7), 16),
    containers: ['log_router', 'web'].flatMap((name) =>
      plain.containers.map((one) => ({
        ...one,
        name,
        arn: `arn:aws:ecs:eu-west-1:123456789012:container/bench/${id.slice(0, 32)}/${digest(name + id).slice(0, 32)}`,
        runtimeId: `${id.slice(0, 32)}-${Number.parseInt(digest(name + id).slice(32, 40), 16)}`,
      })),
    ),
  }
}
