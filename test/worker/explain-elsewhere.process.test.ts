import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { accounts } from './account.js'

const temporaryDirectory = temporaryDirectories()

const containing = (text: string): unknown => expect.stringContaining(text)

const token = 'a-long-random-text'

describe('explain, of a running worker', () => {
  const account = accounts()

  const running = async () => {
    const { command } = await account([{ name: 'web', placement: 'bridge', desiredCount: 2 }])
    const directory = await temporaryDirectory()
    const journal = `dir:${join(directory, 'journal')}`
    const worker = command(['envoy'], {
      PORT: '127.0.0.1:0',
      INSPECTOR_TOKEN: token,
      JOURNAL: journal,
      ENVOY_DIRECTORY: directory,
    })
    const { inspector } = await worker.logged('started')
    const explain = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      command(['explain', ...argv], env).ended
    return { worker, journal, url: String(inspector), explain }
  }

  it('prints its answer, as text and as JSON, to who has the token', async () => {
    const { url, explain, worker, journal } = await running()
    await expect
      .poll(async () => (await explain(['web', '--url', url, '--inspector-token', token])).code, {
        interval: 200,
      })
      .toBe(0)
    const text = await explain(['web', '--url', url], { INSPECTOR_TOKEN: token })
    expect(text).toMatchObject({ code: 0, out: containing('backend web: 2 endpoints') })
    const json = await explain(['web', '--url', url, '--format', 'json'], { INSPECTOR_TOKEN: token })
    expect(JSON.parse(json.out)).toMatchObject({ question: 'web', subjects: [{ _tag: 'Backend' }, {}, {}] })
    const refused = await explain(['web', '--url', url])
    expect(refused).toMatchObject({ code: 1, err: containing('401') })
    const unknown = await explain(['nothing-like-it', '--url', url], { INSPECTOR_TOKEN: token })
    expect(unknown).toMatchObject({ code: 1, err: containing('nothing that is known matches') })
    const stored = await explain(['web', '--journal', journal])
    expect(stored).toMatchObject({ code: 0, out: containing('backend web: 2 endpoints') })
    const past = await explain(['web', '--journal', journal, '--at', '2001-01-01T00:00:00Z'])
    expect(past).toMatchObject({ code: 1, err: containing('the journal begins at') })
    const asked = (at: string) => explain(['web', '--url', url, '--at', at], { INSPECTOR_TOKEN: token })
    const before = await asked('2001-01-01T00:00:00Z')
    expect(before).toMatchObject({ code: 1, err: containing('the journal begins at') })
    const now = await asked(new Date().toISOString())
    expect(now).toMatchObject({ code: 0, out: containing('web') })
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })
})

describe('explain, elsewhere', () => {
  const account = accounts()

  it('says what is wrong with a command line, and with who answers', async () => {
    const { command } = await account([])
    const explain = (...argv: readonly string[]) => command(['explain', ...argv], {}).ended
    expect(await explain('--url', 'http://127.0.0.1:1')).toMatchObject({
      code: 64,
      err: containing('question'),
    })
    expect(
      await explain('web', '--url', 'http://127.0.0.1:1', '--journal', 'dir:/nonexistent'),
    ).toMatchObject({
      code: 64,
      err: containing('expected one of them'),
    })
    const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await once(other, 'listening')
    expect(
      await explain('web', '--url', `http://127.0.0.1:${(other.address() as AddressInfo).port}`),
    ).toMatchObject({
      code: 1,
      err: containing('is it a worker?'),
    })
  })
})
