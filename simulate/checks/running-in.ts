interface DescribedTasks {
  readonly tasks?: readonly {
    readonly taskArn: string
    readonly lastStatus: string
    readonly desiredStatus: string
  }[]
}

/** The tasks that run, by an answer of DescribeTasks. */
export const runningIn = (body: string): readonly string[] => {
  try {
    const { tasks = [] } = JSON.parse(body) as DescribedTasks
    return tasks.flatMap(({ taskArn, lastStatus, desiredStatus }) =>
      lastStatus === 'RUNNING' && desiredStatus === 'RUNNING' ? [taskArn] : [],
    )
  } catch {
    // Half of an answer tells nothing.
    return []
  }
}
