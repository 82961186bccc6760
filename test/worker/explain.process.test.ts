import { describe, expect, it, onTestFinished } from 'vitest'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { accounts } from './account.js'

interface Link {
  readonly link: string
  readonly state: string
  readonly says: string
  readonly todo?: string
}

interface Subject {
  readonly _tag: string
  readonly task?: string
  readonly backend?: string
  readonly complete?: boolean
  readonly firstBreak?: Link & { readonly target?: string }
  readonly endpoints?: { readonly first: readonly { readonly address: string }[]; readonly more: number }
}

const subjectsOf = (out: string): readonly Subject[] =>
  (JSON.parse(out) as { readonly subjects: readonly Subject[] }).subjects

describe('explain, over the wire', () => {
  const account = accounts()

  const world = async () => {
    const { cluster, api, command } = await account([
      { name: 'web', placement: 'bridge', desiredCount: 3 },
      { name: 'api', placement: 'fargate', desiredCount: 2 },
    ])
    const dynamodb = await embeddedDynamoDb()
    onTestFinished(() => dynamodb.close())
    await dynamodb.createTable('traefik')
    const env = { TRAEFIK_TABLE: 'traefik', AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url }
    const explain = (argv: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      command(['explain', 'traefik-table', ...argv], { ...env, ...more }).ended
    const asked = async (question: string, more: Readonly<Record<string, string>> = {}) =>
      subjectsOf((await explain([question, '--format', 'json'], more)).out)
    /** Runs the worker until the target holds all. */
    const write = async (): Promise<void> => {
      const worker = command(['traefik-table'], env)
      await expect
        .poll(async () => (await command(['plan', 'traefik-table'], env).ended).code, { interval: 200 })
        .toBe(0)
      worker.signal('SIGTERM')
      await worker.ended
    }
    const [address = ''] = [...(cluster.truth().get('web') ?? [])]
    return { api, explain, asked, write, address }
  }

  it('follows a task from its event to its record, before and after the worker has written it', async () => {
    const { explain, asked, write, address } = await world()
    const before = await asked(address)
    expect(before).toMatchObject([{ _tag: 'Task', firstBreak: { link: 'target', state: 'waiting' } }])
    await write()
    const [task] = await asked(address)
    expect(task).toMatchObject({ _tag: 'Task' })
    expect(task?.firstBreak).toBeUndefined()
    const id = (task?.task ?? '').slice(-32)
    for (const question of [id, id.slice(0, 30), task?.task ?? '']) {
      const { code, out } = await explain([question])
      expect(code).toBe(0)
      expect(out).toContain(`task/staging/${id} (service:web): routed`)
      expect(out).toMatch(/^ +target +ok +web__backend holds it$/m)
    }
  })

  it('finds a service, a backend and its record, and says of a stranger that nobody knows it', async () => {
    const { explain, asked, write } = await world()
    await write()
    const found = await asked('web')
    expect(found.map(({ _tag }) => _tag)).toEqual(['Backend', 'Task', 'Task', 'Task'])
    expect(found[0]).toMatchObject({ backend: 'web', complete: true, endpoints: { more: 0 } })
    expect(found[0]?.endpoints?.first).toHaveLength(3)
    expect(await asked('web__backend')).toMatchObject([{ _tag: 'Record' }])
    const { code, err } = await explain(['webb'])
    expect(code).toBe(1)
    expect(err).toContain('nothing that is known matches "webb"; did you mean web?')
  })

  it('names what is broken, and what to do', async () => {
    const { api, asked, explain, write } = await world()
    api.inject((operation) => (operation === 'DescribeTaskDefinition' ? 'denied' : 'ok'))
    // It waits for the answer as long as it may, and then says what it knows.
    const [task] = await asked('service:api', { TIMEOUT_SECONDS: '3' })
    expect(task).toMatchObject({ _tag: 'Task', firstBreak: { link: 'definition' } })
    expect(task?.firstBreak?.todo).toMatch(/lookup fails|add the permission/)
    api.inject(() => 'ok')
    await write()
    const foreign = await asked('service:web', { OWNER: 'another' })
    expect(foreign.map(({ firstBreak }) => firstBreak)).toEqual([undefined, undefined, undefined])
    const { out } = await explain(['web'], { OWNER: 'another' })
    expect(out).toContain('although it belongs to ecs-task-stream/staging')
  })

  it('explains up to the plan if the target cannot be read', async () => {
    const { asked } = await world()
    expect(await asked('service:web', { TRAEFIK_TABLE: 'none' })).toMatchObject([
      { firstBreak: { link: 'plan', state: 'unknown', todo: 'see what `doctor` says' } },
      {},
      {},
    ])
  })

  it('wants a question', async () => {
    const { explain } = await world()
    const { code, err } = await explain(['--format', 'json'])
    expect(code).toBe(64)
    expect(err).toContain('question: missing')
    expect((await explain(['--help'])).code).toBe(0)
  })
})
