import type { FastifyPluginCallback } from 'fastify'
import type { Worker } from '../../core/worker.js'
import type { commonSettings } from '../settings/common-settings.js'
import type { SettingsOf } from '../settings/setting.js'
import { packageVersion } from '../runner/package-version.js'
import { inspectedWorker, type InspectedWorkerOptions } from './inspected-worker.js'
import { accessOf } from './inspector-access.js'
import { inspectorRoutes } from './inspector-routes.js'
import { readPage } from './page.js'
import { pageDirectory } from './page-directory.js'

export interface WorkerInspector {
  readonly routes: () => Promise<FastifyPluginCallback>
  /** Called when the worker has stopped. */
  readonly end: () => void
}

/** The inspector of a worker; `undefined` if nobody may ask. Call it before the worker reports anything. */
export const workerInspector = (
  worker: Worker,
  common: SettingsOf<typeof commonSettings>,
  options: Omit<InspectedWorkerOptions, 'version' | 'signal'>,
): WorkerInspector | undefined => {
  const access = accessOf(common, common.port)
  if (common.port === undefined || access._tag === 'Nobody') return undefined
  const ended = new AbortController()
  const inspector = inspectedWorker(worker, {
    ...options,
    version: packageVersion(),
    signal: ended.signal,
  })
  const { clock } = options
  return {
    routes: async () => inspectorRoutes({ inspector, access, page: await readPage(pageDirectory()), clock }),
    end: () => ended.abort(),
  }
}
