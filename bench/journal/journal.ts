import { type Effort, fullEffort } from '../effort.js'
import type { Finding } from '../finding.js'
import { benchDrainTogether } from './drain.js'
import { benchJournalLatency } from './latency.js'
import { startServers } from './servers.js'
import { benchJournalSnapshot } from './snapshot.js'
import { benchJournalStart } from './start.js'
import { benchJournalTable } from './table.js'

/** What a journal in DynamoDB costs, beside the same without one. */
export const benchJournal = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  await benchJournalTable(effort)
  const servers = await startServers()
  try {
    await benchDrainTogether(servers, effort)
    await benchJournalLatency(servers, effort)
    return [...(await benchJournalSnapshot(servers, effort)), ...(await benchJournalStart(servers, effort))]
  } finally {
    await servers.close()
  }
}
