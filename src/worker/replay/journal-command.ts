import { defaultOwner } from '../../core/run-setup.js'
import { journalHistory } from '../../journal/journal-history.js'
import { linesOf } from '../../journal/stored-entries.js'
import { journalLocation } from '../clusters/journal-location.js'
import { journalOf } from '../clusters/journal-settings.js'
import { sharedJournalSettings } from '../clusters/shared-journal-settings.js'
import { explain } from '../observability/diagnosis.js'
import { helpOf } from '../settings/help.js'
import { formatProblems } from '../settings/problem.js'
import { readRawSettings } from '../settings/raw-settings.js'
import { required } from '../settings/setting.js'
import { decodeSettings } from '../settings/settings.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'

const usage = 'ecs-task-stream journal'

/** The settings of `journal`. */
export const reading = {
  journal: required(journalLocation(), {
    description: 'The journal to read',
    example: 'dynamodb:ecs-journal',
  }),
  ...sharedJournalSettings,
}

/**
 * `ecs-task-stream journal`: prints what a journal holds, as a recording that `replay` reads: the newest checkpoint, and
 * everything after it.
 *
 * Resolves to the exit code: 0 printed; 1 the journal could not be read; 64 wrong settings.
 */
export const journalCommand = async (argv: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const raw = readRawSettings(reading, argv, terminal)
  if (raw.help) {
    const summary = 'Prints what a journal holds, as a recording for `ecs-task-stream replay`'
    terminal.out(helpOf(usage, summary, reading))
    return exitCode.ok
  }
  const settings = decodeSettings(reading, raw)
  const problems = [...raw.problems, ...(settings._tag === 'Left' ? settings.left : [])]
  if (problems.length > 0 || settings._tag === 'Left') {
    terminal.err(`${formatProblems(usage, problems)}\n`)
    return exitCode.usage
  }
  const { journal: location, cluster = [], owner = defaultOwner(cluster), region } = settings.right
  try {
    const { signal } = new AbortController()
    const history = await journalHistory(journalOf(location, owner, region), signal)
    for await (const line of linesOf(history)) terminal.out(`${line}\n`)
    return exitCode.ok
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return exitCode.failed
  }
}
