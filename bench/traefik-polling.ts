/**
 * The calls that one refresh of Traefik's own ECS provider makes, at its defaults: read in its source
 * (`pkg/provider/ecs/ecs.go` of traefik at fd5a576). Every replica of Traefik makes them for itself.
 */
import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import {
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  paginateListTasks,
  type Task,
} from '@aws-sdk/client-ecs'
import type { Millis } from 'ecs-task-stream'

/** `refreshSeconds`. */
export const refreshMs: Millis = 15_000
/** How long it keeps a task definition; its key is the task's ARN, so each task asks for its own. */
const definitionMs: Millis = 30 * 60_000

const hundreds = <A>(all: readonly A[]): readonly A[][] =>
  Array.from({ length: Math.ceil(all.length / 100) }, (_, i) => all.slice(i * 100, (i + 1) * 100))

const given = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value])

/** Makes one refresh; `now` is what its cache goes by. */
export const traefikPolling = (
  cluster: string,
  { ecs, ec2 }: { readonly ecs: ECSClient; readonly ec2: EC2Client },
): ((now: Millis) => Promise<void>) => {
  const expiries = new Map<string, Millis>()
  return async (now) => {
    const tasks: Task[] = []
    for await (const { taskArns = [] } of paginateListTasks(
      { client: ecs },
      { cluster, desiredStatus: 'RUNNING' },
    ))
      if (taskArns.length > 0)
        tasks.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? []))

    // One entry a task, not one a machine.
    const machines = new Set<string>()
    for (const containerInstances of hundreds(tasks.flatMap((task) => given(task.containerInstanceArn)))) {
      const { containerInstances: described = [] } = await ecs.send(
        new DescribeContainerInstancesCommand({ cluster, containerInstances }),
      )
      for (const { ec2InstanceId = '' } of described)
        if (ec2InstanceId.startsWith('i-')) machines.add(ec2InstanceId)
    }
    for (const InstanceIds of hundreds([...machines]))
      await ec2.send(new DescribeInstancesCommand({ InstanceIds }))

    for (const { taskArn = '', taskDefinitionArn } of tasks)
      if ((expiries.get(taskArn) ?? 0) <= now) {
        await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn }))
        expiries.set(taskArn, now + definitionMs)
      }
  }
}
