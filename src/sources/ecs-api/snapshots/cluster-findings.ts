import { DescribeClustersCommand, DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs'
import { isClusterPattern, lastSegment, type Place, placeOf } from '../../../core/arn.js'
import type { ExaminationContext, Finding } from '../../../core/finding.js'
import { awsFailure } from '../../../shared/aws/aws-failure.js'
import { permitted } from '../../../shared/aws/permitted.js'
import type { EcsClients } from '../clients/ecs-client.js'
import { clusterDirectory } from './cluster-directory.js'

type ClientsOf = (place: Place) => EcsClients

/** Whether the cluster is there, and its tasks may be listed. */
const ofOne = async (
  named: string,
  clients: ClientsOf,
  { signal: abortSignal }: ExaminationContext,
): Promise<readonly Finding[]> => {
  const { ecs } = clients(placeOf(named))
  const about = `cluster ${named}`
  try {
    const answer = await ecs.send(new DescribeClustersCommand({ clusters: [named] }), { abortSignal })
    const [cluster] = answer.clusters ?? []
    if (cluster?.status !== 'ACTIVE')
      return [
        {
          about,
          result: 'failed',
          detail: `ECS does not have it (${cluster?.status ?? answer.failures?.[0]?.reason ?? 'not in the answer'}): check its name, region and account`,
        },
      ]
    const { runningTasksCount = 0, activeServicesCount = 0 } = cluster
    const found: Finding = {
      about,
      result: 'ok',
      detail: `${runningTasksCount} running tasks, ${activeServicesCount} services`,
    }
    let task = '0'.repeat(32)
    const list = await permitted(`ecs:ListTasks in ${named}`, async () => {
      const listed = await ecs.send(new ListTasksCommand({ cluster: named, maxResults: 1 }), { abortSignal })
      task = lastSegment(listed.taskArns?.[0] ?? task)
    })
    // It may be one that does not exist: ECS then says so, to those who may ask.
    const describe = await permitted(`ecs:DescribeTasks in ${named}`, () =>
      ecs.send(new DescribeTasksCommand({ cluster: named, tasks: [task] }), { abortSignal }),
    )
    return [found, list, describe]
  } catch (thrown) {
    return [{ about, result: 'failed', detail: awsFailure(thrown).message }]
  }
}

const ofPattern = async (
  pattern: string,
  clients: ClientsOf,
  { signal }: ExaminationContext,
): Promise<readonly Finding[]> => {
  const about = `clusters ${pattern}`
  const directory = clusterDirectory((_operation, place, _signal, call) => call(clients(place).ecs))
  try {
    const found = await directory.matching(pattern, { region: '', account: '' }, signal)
    const names = found.slice(0, 3).map(lastSegment).join(', ')
    return [
      found.length === 0
        ? {
            about,
            result: 'warning',
            detail: 'no cluster has such a name yet: check the pattern and the region',
          }
        : {
            about,
            result: 'ok',
            detail: `${found.length} clusters: ${names}${found.length > 3 ? ', …' : ''}`,
          },
    ]
  } catch (thrown) {
    return [{ about, result: 'failed', detail: awsFailure(thrown).message }]
  }
}

/** Whether snapshots of the clusters, by name, pattern or ARN, could be taken. */
export const clusterFindings = async (
  clusters: readonly string[],
  clients: ClientsOf,
  context: ExaminationContext,
): Promise<readonly Finding[]> => {
  const found = clusters.map((named) =>
    (isClusterPattern(named) ? ofPattern : ofOne)(named, clients, context),
  )
  return (await Promise.all(found)).flat()
}
