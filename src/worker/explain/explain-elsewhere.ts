import type { Explanation } from '../../core/explain/explain.js'
import { explain as explainQuestion } from '../../core/explain/explain.js'
import { defaultOwner } from '../../core/run-setup.js'
import { journalLocation } from '../clusters/journal-location.js'
import { journalOf } from '../clusters/journal-settings.js'
import { sharedJournalSettings } from '../clusters/shared-journal-settings.js'
import { explain } from '../observability/diagnosis.js'
import { policyNames, replayedPolicy } from '../replay/policy.js'
import { backendName } from '../settings/backend-name.js'
import { helpOf } from '../settings/help.js'
import { moment } from '../settings/moment.js'
import { formatProblems, type Problem } from '../settings/problem.js'
import { readRawSettings } from '../settings/raw-settings.js'
import { outputFormat } from '../settings/output-format.js'
import { defaulted, optional, type SettingsOf } from '../settings/setting.js'
import { integer, oneOf, text, url } from '../settings/setting-type.js'
import { decodeSettings } from '../settings/settings.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { askWorker } from './ask-worker.js'
import { explanationJson, explanationText } from './explanation-text.js'
import { journalWorld } from './journal-world.js'
import { unmatchedText } from './unmatched.js'

const usage = 'ecs-task-stream explain'

/** The settings of `explain` without the name of a worker. */
export const explainingElsewhere = {
  url: optional(url(), {
    description: 'The running worker to ask: where its PORT is reached',
    example: 'http://127.0.0.1:8080',
    otherwise: 'none; a journal is read',
    isShared: true,
  }),
  inspectorToken: optional(text('secret', 'a secret'), {
    isSecret: true,
    description: 'The bearer token of the worker, as in its setting',
    example: 'a-long-random-text',
    otherwise: 'no token',
  }),
  journal: optional(journalLocation(), {
    description: 'The journal to read, as in the setting of its workers',
    example: 'dynamodb:ecs-journal',
    otherwise: 'none; a worker is asked',
  }),
  at: optional(moment, {
    description: 'The moment to explain: what was received later is ignored. A worker needs a journal for it',
    example: '2026-01-02T03:04:05Z',
    otherwise: 'everything',
  }),
  ...sharedJournalSettings,
  policy: defaulted(oneOf(...policyNames), 'service-ports', {
    description: 'Of a journal, the policy that decides which ports are offered, with its default options',
    example: 'traefik-labels',
  }),
  backendName,
  format: outputFormat,
  timeoutSeconds: defaulted(integer({ min: 1, max: 3600, unit: 'seconds' }), 60, {
    description: 'How long to wait for the answer',
    example: '120',
  }),
}

type Elsewhere = SettingsOf<typeof explainingElsewhere>

const answerOf = async (
  question: string,
  {
    url: place,
    inspectorToken,
    journal,
    at,
    cluster,
    owner,
    region,
    policy,
    backendName: template,
  }: Elsewhere,
  signal: AbortSignal,
): Promise<Explanation> => {
  if (place !== undefined) return askWorker({ url: place, token: inspectorToken, question, at, signal })
  if (journal === undefined) throw new Error('neither a worker nor a journal is given')
  const world = await journalWorld({
    journal: journalOf(journal, owner ?? defaultOwner(cluster ?? []), region),
    at,
    projection: { expose: replayedPolicy(policy, template) },
    signal,
    pause: () => Promise.resolve(),
  })
  return explainQuestion(world, question)
}

const problemsOf = (question: string | undefined, given: ReadonlySet<string>): readonly Problem[] => [
  ...(question === undefined || question.trim() === ''
    ? [
        {
          where: 'question',
          message: 'missing: expected a task, an address, a container, a service, a backend or an instance',
          example: `${usage} 10.0.0.1:8080 --url http://127.0.0.1:8080`,
        },
      ]
    : []),
  ...(given.has('url') && given.has('journal')
    ? [{ where: '--url and --journal', message: 'expected one of them', example: undefined }]
    : []),
]

/**
 * `ecs-task-stream explain <question> --url …`: asks a running worker. `… --journal …`: reads a journal, at any time.
 *
 * Resolves to the exit code: 0 answered; 1 it failed, or nothing that is known matches the question; 64 wrong settings.
 */
export const explainElsewhere = async (
  words: readonly string[],
  terminal: Pick<Terminal, 'out' | 'err' | 'env'>,
): Promise<ExitCode> => {
  const [first] = words
  const question = first === undefined || first.startsWith('-') ? undefined : first
  const raw = readRawSettings(explainingElsewhere, question === undefined ? words : words.slice(1), terminal)
  if (raw.help) {
    const summary = 'Asks a running worker, or a journal, why something is routed, or is not'
    terminal.out(helpOf(`${usage} <question>`, summary, explainingElsewhere))
    return exitCode.ok
  }
  const flags = new Set([...raw.origins].flatMap(([name, { _tag }]) => (_tag === 'Flag' ? [name] : [])))
  const settings = decodeSettings(explainingElsewhere, raw)
  const problems = [
    ...problemsOf(question, flags),
    ...raw.problems,
    ...(settings._tag === 'Left' ? settings.left : []),
  ]
  if (question === undefined || problems.length > 0 || settings._tag === 'Left') {
    terminal.err(`${formatProblems(usage, problems)}\n`)
    return exitCode.usage
  }
  const { format, timeoutSeconds } = settings.right
  // A variable of that name may be another program's.
  const asked = { ...settings.right, url: flags.has('url') ? settings.right.url : undefined }
  try {
    const answer = await answerOf(question, asked, AbortSignal.timeout(timeoutSeconds * 1000))
    terminal.out(format === 'json' ? explanationJson(answer) : explanationText(answer))
    if (answer.subjects.length > 0) return exitCode.ok
    terminal.err(`${usage}: ${unmatchedText(answer)}\n`)
    return exitCode.failed
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return exitCode.failed
  }
}
