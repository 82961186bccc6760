import { benchDrainTogether } from './drain.js'
import { benchJournalLatency } from './latency.js'
import { startServers } from './servers.js'
import { benchJournalSnapshot } from './snapshot.js'
import { benchJournalStart } from './start.js'
import { benchJournalTable } from './table.js'

/** What a journal in DynamoDB costs, beside the same without one. */
export const benchJournal = async (): Promise<void> => {
  await benchJournalTable()
  const servers = await startServers()
  try {
    await benchDrainTogether(servers)
    await benchJournalLatency(servers)
    await benchJournalSnapshot(servers)
    await benchJournalStart(servers)
  } finally {
    await servers.close()
  }
}
