/** The value of a label for everything that is not one of its known values. */
export const other = 'other'

/** What sources, lookups and journals do: the first words of `SourceFailed.operation`. */
const operations: ReadonlySet<string> = new Set([
  'ChangeMessageVisibilityBatch',
  'ConfirmSubscription',
  'DeleteMessageBatch',
  'DescribeClusters',
  'DescribeContainerInstances',
  'DescribeInstanceInformation',
  'DescribeInstances',
  'DescribeNetworkInterfaces',
  'DescribeTaskDefinition',
  'DescribeTasks',
  'GET',
  'GetQueueAttributes',
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

/** An operation without what it was about, such as an ARN: that is for the log. */
export const operationLabel = (operation: string): string => {
  const [name = ''] = operation.split(' ', 1)
  return operations.has(name) ? name : other
}

/** A label of these values alone. */
export const oneOfLabel = (values: Iterable<string>): ((value: string) => string) => {
  const known = new Set(values)
  return (value) => (known.has(value) ? value : other)
}

/** A label of names that the set-up gives, and no message: of the first ones that come. Default: 100. */
export const nameLabel = (most = 100): ((name: string) => string) => {
  const known = new Set<string>()
  return (name) => {
    if (known.size < most) known.add(name)
    return known.has(name) ? name : other
  }
}
