import { benchApiCalls } from './api-calls.js'
import { benchDecode } from './decode.js'
import { benchDrain } from './drain.js'
import { benchFlush } from './flush.js'
import { benchFold } from './fold.js'
import { benchIdMapper } from './id-mapper.js'
import { benchJournal } from './journal/journal.js'
import { benchLatency } from './latency.js'
import { benchStart } from './start/start.js'
import { benchTcpProxy } from './tcp-proxy.js'
import { benchWebhook } from './webhook.js'
import { benchWholePath } from './whole-path.js'

const all: Readonly<Record<string, () => void | Promise<void>>> = {
  path: benchWholePath,
  decode: benchDecode,
  fold: benchFold,
  flush: benchFlush,
  latency: benchLatency,
  drain: benchDrain,
  webhook: benchWebhook,
  calls: benchApiCalls,
  journal: benchJournal,
  tcp: benchTcpProxy,
  mapper: benchIdMapper,
  start: benchStart,
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !(name in all))
if (unknown.length > 0)
  throw new Error(`unknown benchmark ${unknown.join(', ')}: choose from ${Object.keys(all).join(', ')}`)
for (const [name, bench] of Object.entries(all)) if (named.length === 0 || named.includes(name)) await bench()
