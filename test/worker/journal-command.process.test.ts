import type { ClusterEvent, Journal } from 'ecs-task-stream'
import { directoryJournal } from 'ecs-task-stream/journals/directory'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { cluster, observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { commandProcess } from './command-process.js'

const directory = temporaryDirectories()
const { signal } = new AbortController()
/** As `journalName` makes it of the default owner of `staging`. */
const name = 'ecs-task-stream.2f.staging'

const changed = (id: string, port: number): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, port }),
})

/** A checkpoint, an event after it, and a snapshot as its difference from the one in the checkpoint. */
const fill = async (journal: Journal): Promise<void> => {
  const tasks = [observed({ id: 'a', port: 1001 }), observed({ id: 'b', port: 1002 })]
  const { position } = await journal.catchUp(undefined, signal)
  await journal.checkpoint(
    [{ _tag: 'TasksListed', cluster, at: 1_000_000, order: 1_000_000, tasks }],
    position,
    signal,
  )
  await journal.append([{ at: 1_000_100, source: 'sqs', events: [changed('c', 1003)] }], signal)
  await journal.amend(
    {
      at: 2_000_000,
      source: 'ecs',
      events: [
        {
          _tag: 'TasksRelisted',
          cluster,
          at: 2_000_000,
          order: 2_000_000,
          since: 1_000_000,
          tasks: [observed({ id: 'c', port: 1003 })],
          unlisted: [observed({ id: 'b' }).arn],
        },
      ],
    },
    position,
    signal,
  )
}

const places: readonly (readonly [
  string,
  () => Promise<{
    readonly journal: Journal
    readonly location: string
    readonly env: Record<string, string>
  }>,
])[] = [
  [
    'a directory',
    async () => {
      const path = await directory()
      return { journal: directoryJournal({ directory: join(path, name) }), location: `dir:${path}`, env: {} }
    },
  ],
  [
    'a table',
    async () => {
      const server = await embeddedDynamoDb()
      onTestFinished(() => server.close())
      await server.createJournalTable('ecs-journal')
      const journal = dynamoDbJournal({ table: 'ecs-journal', name, client: server.client() })
      const env = {
        AWS_ENDPOINT_URL_DYNAMODB: server.url,
        AWS_ACCESS_KEY_ID: 'embedded',
        AWS_SECRET_ACCESS_KEY: 'embedded',
      }
      return { journal, location: 'dynamodb:ecs-journal', env }
    },
  ],
]

it.each(places)('prints a journal in %s as a recording, which replay explains', async (_, place) => {
  const { journal, location, env } = await place()
  await fill(journal)
  const printed = await commandProcess(
    ['journal', '--journal', location, '--cluster', 'staging', '--region', 'us-east-1'],
    env,
  ).ended
  expect(printed).toMatchObject({ code: 0, err: '' })
  const file = join(await directory(), 'journal.jsonl')
  await writeFile(file, printed.out)

  const replayed = await commandProcess(['replay', file, '--format', 'json']).ended
  expect(replayed.code).toBe(0)
  const { backends } = JSON.parse(replayed.out) as {
    readonly backends: readonly { readonly endpoints: readonly { readonly port: number }[] }[]
  }
  expect(backends.flatMap(({ endpoints }) => endpoints.map(({ port }) => port))).toEqual([1001, 1003])
})

it('says what is wrong with its settings', async () => {
  const { code, err } = await commandProcess(['journal', '--journal', '/var/lib/x']).ended
  expect(code).toBe(64)
  expect(err).toContain('expected dir:<directory> or dynamodb:<table>')
})

it('says why a table cannot be read', async () => {
  const server = await embeddedDynamoDb()
  onTestFinished(() => server.close())
  const { code, err } = await commandProcess(
    ['journal', '--journal', 'dynamodb:missing', '--owner', 'x', '--region', 'us-east-1'],
    {
      AWS_ENDPOINT_URL_DYNAMODB: server.url,
      AWS_ACCESS_KEY_ID: 'embedded',
      AWS_SECRET_ACCESS_KEY: 'embedded',
    },
  ).ended
  expect(code).toBe(1)
  expect(err).toContain('missing')
})
