import { stat } from 'node:fs/promises'
import type { Explanation as Answer } from '../../core/explain/explain.js'
import { explain as explainQuestion } from '../../core/explain/explain.js'
import { printable } from '../../shared/codec/printable.js'
import { explain } from '../observability/diagnosis.js'
import { unmatched } from '../explain/unmatched.js'
import { backendName } from '../settings/backend-name.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { readRawSettings } from '../settings/raw-settings.js'
import { helpOf } from '../settings/help.js'
import { moment } from '../settings/moment.js'
import { outputFormat } from '../settings/output-format.js'
import { integer, list, oneOf, text } from '../settings/setting-type.js'
import { readingProgress } from './reading-progress.js'
import { policyNames, replayedPolicy } from './policy.js'
import { replayJson, replayText } from './print.js'
import {
  explainBackend,
  isBackendName,
  type Projection,
  type ReplaySummary,
  summarizeReplay,
} from './summary.js'
import { formatProblems } from '../settings/problem.js'
import type { OtherLine } from './receipts.js'
import { defaulted, optional, type SettingsOf } from '../settings/setting.js'
import { decodeSettings } from '../settings/settings.js'
import type { Terminal } from '../terminal/terminal.js'

const usage = 'ecs-task-stream replay'

/** The settings of `replay`. */
export const replaying = {
  until: optional(moment, {
    description: 'Ignore what was received later',
    example: '2026-01-02T03:04:05Z',
    otherwise: 'everything',
  }),
  explain: optional(
    text('question', 'a backend, a task, an address, a container, a service or an instance'),
    {
      description:
        'Of a backend, print what was received about each of its tasks, and what followed; of anything else, why it is offered in the end, or is not',
      example: 'web',
      otherwise: 'all backends, without reasons',
    },
  ),
  cluster: optional(list('clusters'), {
    description: 'Only these clusters, by name or ARN',
    example: 'staging',
    otherwise: 'all clusters in the files',
  }),
  policy: defaulted(oneOf(...policyNames), 'service-ports', {
    description: 'The policy that decides which ports are offered, with its default options',
    example: 'traefik-labels',
  }),
  backendName,
  skewAllowance: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 30, {
    description: 'How much older than a snapshot a task must be for the snapshot to rule it out',
    example: '30',
  }),
  format: outputFormat,
}

/** Every flag of `replay` takes a value, so a word that does not follow a flag is a file. */
const filesAmong = (argv: readonly string[]): ReadonlySet<number> =>
  new Set(
    argv.flatMap((word, i) => {
      const previous = argv[i - 1]
      const isValue = previous?.startsWith('-') === true && !previous.includes('=')
      return word.startsWith('-') || isValue ? [] : [i]
    }),
  )

/** The number of bad lines that are printed one by one. */
const shownLines = 20

/** Prints and counts bad lines. */
class LineReport {
  bad = 0

  constructor(private readonly err: Terminal['err']) {}

  take(item: OtherLine): void {
    switch (item._tag) {
      case 'Ignored':
        return
      case 'Cut':
        this.tell(item, 'the file ends in the middle of this line; the line is ignored')
        return
      case 'Detached':
        this.tell(
          item,
          `this snapshot of ${item.cluster} is the difference from an earlier one, which is not in the files; it rules out no task`,
        )
        return
      case 'Undecodable':
        this.tell(item, item.reason.replaceAll('\n', '; '))
        return
    }
  }

  end(): void {
    if (this.bad > shownLines) this.err(`… and ${this.bad - shownLines} more bad lines\n`)
  }

  private tell({ file, line }: OtherLine, what: string): void {
    if (++this.bad <= shownLines) this.err(`${printable(`${file}:${line}: ${what}`)}\n`)
  }
}

/** `--explain` reads the files twice, which is impossible with pipes. */
const requireRegular = async (files: readonly string[]): Promise<void> => {
  for (const file of files)
    if (!(await stat(file)).isFile())
      throw new Error(
        `${file} is not a regular file: --explain reads files twice, so save the data to a file first`,
      )
}

/** What the last state says about a question that is not the name of a backend. */
const answerTo = (
  question: string,
  { state, desired, covers, last }: ReplaySummary,
  projection: Projection,
): Answer =>
  explainQuestion(
    { state, options: { ...projection, covers }, desired, targets: [], now: last ?? 0 },
    question,
  )

const print = async (
  files: readonly string[],
  settings: SettingsOf<typeof replaying>,
  terminal: Terminal,
): Promise<ExitCode> => {
  const {
    until,
    explain: name,
    cluster: clusters,
    backendName: template,
    policy,
    skewAllowance,
    format,
  } = settings
  const progress = await readingProgress(files, terminal, name === undefined ? 1 : 2)
  const options = {
    files,
    until: until ?? Infinity,
    clusters,
    signal: new AbortController().signal,
    read: progress.read,
  }
  const projection = {
    // A journal of a worker that does not follow deployments has no descriptions of them.
    expose: replayedPolicy(policy, template),
    skewAllowanceMs: skewAllowance * 1000,
  }
  if (name !== undefined) await requireRegular(files)

  const lines = new LineReport((text) => {
    progress.clear()
    terminal.err(text)
  })
  const summary = await summarizeReplay(options, projection, (line) => lines.take(line))
  progress.clear()
  lines.end()
  if (summary.deliveries === 0 && lines.bad > 0) {
    terminal.err(`${usage}: none of the lines could be read\n`)
    return exitCode.failed
  }
  const isBackend = name !== undefined && isBackendName(name, summary, projection)
  const explanation = isBackend ? await explainBackend(name, summary, options, projection) : undefined
  progress.clear()
  const answer = name === undefined || isBackend ? undefined : answerTo(name, summary, projection)
  if (answer?.subjects.length === 0) {
    terminal.err(`${usage}: ${unmatched({ ...answer, complete: true }, summary)}\n`)
    return exitCode.failed
  }
  const output = { until, summary, explanation, answer }
  terminal.out(format === 'json' ? replayJson(output) : replayText(output))
  return exitCode.ok
}

/**
 * `ecs-task-stream replay FILE…`: prints the desired state of a worker that has received what the files contain, at any
 * time, and why. It reads only the files.
 *
 * Resolves to the exit code: 0 printed, even with bad lines, which are listed on standard error; 1 a file or all of its
 * lines could not be read, or nothing matches the question; 64 wrong settings.
 */
export const replayCommand = async (argv: readonly string[], terminal: Terminal): Promise<ExitCode> => {
  const among = filesAmong(argv)
  const files = argv.filter((_, i) => among.has(i))
  const raw = readRawSettings(
    replaying,
    argv.filter((_, i) => !among.has(i)),
    terminal,
  )
  if (raw.help) {
    const summary = 'Prints the desired state at any time, from recorded events'
    terminal.out(helpOf(`${usage} <file...>`, summary, replaying))
    return exitCode.ok
  }
  const settings = decodeSettings(replaying, raw)
  const problems = [
    ...(files.length > 0
      ? []
      : [
          { where: 'file', message: 'missing: expected one or more files', example: `${usage} events.jsonl` },
        ]),
    ...raw.problems,
    ...(settings._tag === 'Left' ? settings.left : []),
  ]
  if (problems.length > 0 || settings._tag === 'Left') {
    terminal.err(`${formatProblems(usage, problems)}\n`)
    return exitCode.usage
  }
  try {
    return await print(files, settings.right, terminal)
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return exitCode.failed
  }
}
