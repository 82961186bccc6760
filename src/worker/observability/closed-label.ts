/** The label value for everything outside the known values. */
export const other = 'other'

/** The operations of sources, lookups and journals: the first word of `SourceFailed.operation`. */
const operations: ReadonlySet<string> = new Set([
  'ChangeMessageVisibilityBatch',
  'ConfirmSubscription',
  'DeleteMessageBatch',
  'DescribeClusters',
  'DescribeContainerInstances',
  'DescribeInstanceInformation',
  'DescribeInstances',
  'DescribeNetworkInterfaces',
  'DescribeServiceDeployments',
  'DescribeServiceRevisions',
  'DescribeServices',
  'DescribeTaskDefinition',
  'DescribeTasks',
  'GET',
  'GetQueueAttributes',
  'ListServiceDeployments',
  'ListTasks',
  'ReceiveMessage',
  'clusters',
  'deliveries',
  'journal',
  'lookup',
  'probe',
  'read',
  'receive',
  'request',
  'snapshot',
])

/** The name of an operation without its argument, such as an ARN, which only the log contains. */
export const operationLabel = (operation: string): string => {
  const [name = ''] = operation.split(' ', 1)
  return operations.has(name) ? name : other
}

/** A label that is limited to these values. */
export const oneOfLabel = (values: Iterable<string>): ((value: string) => string) => {
  const known = new Set(values)
  return (value) => (known.has(value) ? value : other)
}

/**
 * A label for names from the configuration, never from messages. Keeps the first `most` names; the rest are `other`.
 */
export const nameLabel = (most = 100): ((name: string) => string) => {
  const known = new Set<string>()
  return (name) => {
    if (known.size < most) known.add(name)
    return known.has(name) ? name : other
  }
}
