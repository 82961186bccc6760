/**
 * A process with one of several workers: `node … <cluster> <queue URL>`, with the account in the environment. Tells its
 * parent the news, and stops when the parent sends anything.
 */
import { run } from 'ecs-task-stream'
import { sharingWorker } from './demo-worker.js'
import type { ProcessNews } from './forked-worker.js'
import { workerNews } from './worker-news.js'

const [cluster = '', queueUrl = ''] = process.argv.slice(2)

const tell = (news: ProcessNews): void => {
  if (process.connected) process.send?.(news)
}

// A terminal sends Ctrl-C to every process. The parent decides when this one stops.
process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit())

const worker = run(await sharingWorker(cluster, { queueUrl }))
worker.reports$.subscribe((report) => {
  const news = workerNews(report)
  if (news !== undefined) tell(news)
})
void worker.ready.then(() => tell({ _tag: 'Ready' }))
process.once('message', () => void worker.stop().then(() => process.exit()))
