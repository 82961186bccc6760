import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { composeServices } from '../support/compose-file.js'
import { freePort } from '../support/free-port.js'
import { commandProcess } from '../worker/command-process.js'

const start = (env: Readonly<Record<string, string>>): ChildProcess => {
  const child = spawn(process.execPath, [join(inject('builtPrograms'), 'demo/emulator.js')], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
  })
  return child
}

/** The URL in the first line. */
const urlOf = async (child: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: child.stdout! })) return line.split(' at ')[1] ?? ''
  throw new Error('the emulator has ended')
}

describe('the emulator, with the worker as examples/compose starts them', () => {
  it('is an account that the worker follows, and both end when they are told to', async () => {
    const { aws, worker: service } = composeServices()
    const emulator = start({ ...aws.environment, HOST: '127.0.0.1', PORT: '0' })
    const url = await urlOf(emulator)
    await expect(fetch(`${url}/health`).then((answer) => answer.text())).resolves.toBe('ok\n')

    const port = await freePort()
    const environment = Object.fromEntries(
      Object.entries(service.environment ?? {}).map(([name, value]) => [
        name,
        value.replace('http://aws:4566', url),
      ]),
    )
    const worker = commandProcess(service.command ?? [], { ...environment, PORT: `127.0.0.1:${port}` })
    const servers = await vi.waitUntil(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/traefik`).catch(() => undefined)
      if (answer?.ok !== true) return undefined
      const { http } = (await answer.json()) as {
        readonly http: { readonly services: Readonly<Record<string, unknown>> }
      }
      return Object.keys(http.services)
    })
    expect(servers).toContain('web')

    worker.signal('SIGTERM')
    // 75: events that came in the last moment are left to the queue.
    expect([0, 75]).toContain((await worker.ended).code)
    emulator.kill('SIGTERM')
    expect(await once(emulator, 'exit')).toEqual([0, null])
  })

  it('refuses a port that is none', async () => {
    const child = spawn(process.execPath, [join(inject('builtPrograms'), 'demo/emulator.js')], {
      env: { PORT: 'many' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    expect(await once(child, 'close')).toEqual([64, null])
    expect(Buffer.concat(said).toString()).toBe('PORT: expected a whole number, got "many"\n')
  })
})
