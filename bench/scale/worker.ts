import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.js'

export interface StartedWorker {
  readonly url: string
  readonly logFile: string
  /** Resolves to the milliseconds from its start until it was ready. */
  readonly ready: (withinMs: number) => Promise<number>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('../../dist/command/ecs-task-stream.js', import.meta.url))

/** Of the user's own account, which no call must reach. */
const strangers = /^AWS_|^(?:https?|no|all)_proxy$/i

const isReady = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/ready`)).ok
  } catch {
    // It does not listen yet.
    return false
  }
}

/** The built worker `traefik-table`, as users start it. */
export const startWorker = async (environment: Readonly<Record<string, string>>): Promise<StartedWorker> => {
  if (!existsSync(program)) throw new Error('the worker is not built: npm run build')
  const port = await freePort()
  const logFile = join(tmpdir(), `ecs-task-stream-scale-${process.pid}.log`)
  const log = await open(logFile, 'w')
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !strangers.test(name)))
  const started = performance.now()
  const child: ChildProcess = spawn(process.execPath, [program, 'traefik-table'], {
    env: { ...own, ...environment, PORT: `127.0.0.1:${port}` },
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = once(child, 'exit')
  await log.close()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    logFile,
    ready: async (withinMs) => {
      while (!(await isReady(url))) {
        if (child.exitCode !== null) throw new Error(`the worker has ended: see ${logFile}`)
        if (performance.now() - started > withinMs) throw new Error(`the worker is not ready: see ${logFile}`)
        await delay(250)
      }
      return performance.now() - started
    },
    stop: async () => {
      child.kill('SIGTERM')
      await exited
    },
  }
}
