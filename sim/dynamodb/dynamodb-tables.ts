import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb'

/** The tables of a server that speaks DynamoDB, for tests, the demo and the bench. */
export interface DynamoDbTables {
  /** `http://127.0.0.1:<port>`, for `endpoint` or `AWS_ENDPOINT_URL_DYNAMODB`. */
  readonly url: string
  /**
   * A client of this server with invented credentials; `close` destroys it. `overrides` take precedence, even for
   * `endpoint`.
   */
  client(overrides?: DynamoDBClientConfig): DynamoDBClient
  /** Creates a table with the string hash key `id`, billed by request; it is ACTIVE once this resolves. */
  createTable(name: string): Promise<void>
  /** Creates a table with the string hash key `journal` and the number range key `number`, as `createTable` does. */
  createJournalTable(name: string): Promise<void>
  /** Destroys the clients. */
  close(): Promise<void>
}

/** Connects to the server at `url`, which may run in another process. */
export const dynamoDbTables = (url: string): DynamoDbTables => {
  const clients: DynamoDBClient[] = []
  const client = (overrides: DynamoDBClientConfig = {}) => {
    const made = new DynamoDBClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
      ...overrides,
    })
    clients.push(made)
    return made
  }
  const admin = client()

  const create = async (
    name: string,
    keys: readonly (readonly [name: string, type: 'S' | 'N', key: 'HASH' | 'RANGE'])[],
  ): Promise<void> => {
    await admin.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: keys.map(([AttributeName, , KeyType]) => ({ AttributeName, KeyType })),
        AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({
          AttributeName,
          AttributeType,
        })),
      }),
    )
    // CreateTable returns CREATING. The embedded table becomes ACTIVE when its next timer fires.
    while ((await admin.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus !== 'ACTIVE');
  }

  return {
    url,
    client,
    createTable: (name) => create(name, [['id', 'S', 'HASH']]),
    createJournalTable: (name) =>
      create(name, [
        ['journal', 'S', 'HASH'],
        ['number', 'N', 'RANGE'],
      ]),
    close: () => {
      for (const each of clients) each.destroy()
      return Promise.resolve()
    },
  }
}
