import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, type RunSetup, systemClock, type Worker } from 'ecs-task-stream'
import fastify from 'fastify'
import { inspectedWorker } from '../src/worker/inspector/inspected-worker.js'
import { inspectorRoutes } from '../src/worker/inspector/inspector-routes.js'
import { readPage } from '../src/worker/inspector/page.js'
import type { DemoStage } from './stage.js'
import { stageRoutes } from './stage-routes.js'

/** A worker with its inspector, on a port of this machine. */
export interface ShownWorker {
  readonly worker: Worker
  readonly url: string
  close(): Promise<void>
}

/** Builds the page, which takes a moment, so that a checkout needs no further step. Without the builder, a plain page. */
const builtPage = async (): Promise<Awaited<ReturnType<typeof readPage>>> => {
  const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-page-'))
  try {
    const { bundleDemoPage } = await import('../scripts/page-bundle.js')
    await bundleDemoPage(directory)
    return await readPage(directory)
  } catch {
    return await readPage(undefined)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs a worker, and serves its inspector beside the stage, at a free port. */
export const shownWorker = async (setup: RunSetup, stage: DemoStage): Promise<ShownWorker> => {
  const page = await builtPage()
  const end = new AbortController()
  const worker = run(setup)
  const inspector = inspectedWorker(worker, {
    worker: 'npm start',
    version: 'demo',
    sources: setup.sources,
    sinks: setup.sinks,
    clock: systemClock,
    signal: end.signal,
  })
  const server = fastify({ forceCloseConnections: true })
  await server.register(
    inspectorRoutes({
      inspector,
      access: { _tag: 'Everybody', isLocal: true },
      page,
      clock: systemClock,
    }),
  )
  await server.register(stageRoutes(stage))
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  return {
    worker,
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      end.abort()
      await server.close()
    },
  }
}
