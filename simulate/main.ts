import { parseArgs } from 'node:util'
import { runSeed } from './run-seed.js'
const { values } = parseArgs({
  options: { seed: { type: 'string' }, days: { type: 'string' }, clusters: { type: 'string' } },
})
const began = process.cpuUsage()
const result = await runSeed({
  seed: Number(values.seed ?? 1),
  days: Number(values.days ?? 1),
  clusters: values.clusters === undefined ? undefined : Number(values.clusters),
})
const { user, system } = process.cpuUsage(began)
console.log(
  result,
  (user + system) / 1e6,
  's of CPU',
  result.clusterDays / ((user + system) / 1e6),
  'cluster-days per s',
)
