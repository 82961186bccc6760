import { conflictOf } from '../../core/conflict.js'
import { errorOf } from '../../core/error-of.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { hasLoneSurrogate } from '../../shared/codec/lone-surrogate.js'
import type { FileEdit } from './file-edit.js'
import { nginxProgram } from './nginx-program.js'
import { checkOptions, type NginxFilesOptions } from './options.js'
import { Reloads } from './reloads.js'
import { nginxRendering } from './rendering.js'
import { type EditResult, testedEdits } from './tested-edits.js'
import { kept, type NginxUpstream } from './upstream.js'
import { ending, upstreamDirectory } from './upstream-directory.js'
import { printUpstreamFile, rowIn } from './upstream-file.js'

export type { NginxFilesOptions, UpstreamOptions } from './options.js'
export type { NginxUpstream } from './upstream.js'

type Planned = { readonly edit: FileEdit } | { readonly outcome: Outcome<NginxUpstream> }

/** What to do about nginx's message. */
const advice = (message: string): string =>
  message.includes('duplicate upstream')
    ? 'nginx has an upstream of this name already, and takes upper and lower case for the same: rename one of them'
    : message.includes('host not found in upstream')
      ? 'nginx must be able to resolve the name, or find an upstream of that name'
      : 'Correct what nginx names'

const settledOutcome = (key: string, edit: FileEdit, result: EditResult): Outcome<NginxUpstream> => {
  switch (result._tag) {
    case 'Made':
      return { _tag: 'Done', key, row: rowIn(key, edit.after) }
    case 'Overtaken':
      return { _tag: 'Conflict', key, found: 'unread' }
    case 'Failed':
      return { _tag: 'Failed', key, error: result.error }
    case 'Refused':
      return {
        _tag: 'Rejected',
        key,
        reason: `nginx refuses ${edit.fileName}: ${result.message}. The file is as it was before. ${advice(result.message)}`,
      }
  }
}

/**
 * Endpoints as upstreams of nginx: one file per backend in a directory that nginx.conf includes. The backend `web` is
 * the upstream `web` in `web.conf`; a character that is neither a letter, a digit, `-`, `_` nor `.` becomes `%xx`.
 *
 * Files are replaced as a whole. Then nginx tests its whole configuration (`nginx -t`), and loads it only if it is
 * correct; otherwise the files before are put back, and the changes that nginx refuses are rejected with its message.
 * Changes that were not tested because this process was killed are tested at the next start, before anything else.
 *
 * A file of another owner, or without one, is never changed. The file of a backend that no longer exists is removed; if
 * nginx.conf needs its upstream, it stays, without servers.
 *
 * Throws an OptionError for an invalid option.
 */
export const nginxFiles = (options: NginxFilesOptions): Sink<NginxUpstream> => {
  checkOptions(options)
  const {
    name = 'nginx',
    command = ['nginx'],
    pidFile,
    reloadIntervalMs = 1000,
    clock = systemClock,
  } = options
  const directory = upstreamDirectory(options.directory)
  const program = nginxProgram({ command, pidFile })
  const edits = testedEdits(directory, program)
  const reloads = new Reloads({ reload: () => program.reload(), intervalMs: reloadIntervalMs, clock })
  let recovered: Promise<void> | undefined
  let warned: string | undefined
  let last: Promise<unknown> = Promise.resolve()

  /** One at a time: a call that took too long may not have ended when the next one comes. */
  const alone = <A>(work: () => Promise<A>): Promise<A> => {
    const run = last.then(work)
    last = run.catch(() => undefined)
    return run
  }

  const recover = (): Promise<void> =>
    (recovered ??= edits.recover().then(
      (done) => void (warned = done),
      (thrown: unknown) => {
        recovered = undefined
        throw thrown
      },
    ))

  const planned = async (change: Change<NginxUpstream>, owner: Owner): Promise<Planned> => {
    const { key } = change
    const rejected = (reason: string): Planned => ({ outcome: { _tag: 'Rejected', key, reason } })
    if (hasLoneSurrogate(key))
      return rejected(`${JSON.stringify(key)} has a lone surrogate, which is not valid Unicode: correct it`)
    const fileName = directory.fileNameOf(key)
    if (fileName === undefined)
      return rejected(
        `the name ${JSON.stringify(key)} is too long for a file: give the backend a shorter one`,
      )
    const after = change._tag === 'Delete' ? undefined : change.after
    if (after?.fault !== undefined) return rejected(after.fault)
    try {
      const before = await directory.file(fileName).read()
      const conflict = conflictOf(change, rowIn(key, before))
      if (conflict !== undefined) return { outcome: conflict }
      return {
        edit: { fileName, before, after: after === undefined ? undefined : printUpstreamFile(owner, after) },
      }
    } catch (thrown) {
      return { outcome: { _tag: 'Failed', key, error: errorOf(thrown) } }
    }
  }

  /** What a removal is instead that nginx refuses, because nginx.conf names the upstream. */
  const keptInstead = async (
    { key, before }: Extract<Change<NginxUpstream>, { _tag: 'Delete' }>,
    removal: FileEdit,
    owner: Owner,
  ): Promise<Outcome<NginxUpstream>> => {
    const edit = { ...removal, after: printUpstreamFile(owner, kept(before.value)) }
    const result = (await edits.make([edit])).get(edit)
    return settledOutcome(key, edit, result ?? { _tag: 'Overtaken' })
  }

  const apply = async (
    changes: readonly Change<NginxUpstream>[],
    owner: Owner,
  ): Promise<readonly Outcome<NginxUpstream>[]> => {
    await recover()
    const plans = await Promise.all(
      changes.map(async (change) => ({ change, plan: await planned(change, owner) })),
    )
    const results = await edits.make(plans.flatMap(({ plan }) => ('edit' in plan ? [plan.edit] : [])))
    const outcomes: Outcome<NginxUpstream>[] = []
    for (const { change, plan } of plans) {
      if ('outcome' in plan) {
        outcomes.push(plan.outcome)
        continue
      }
      const result = results.get(plan.edit) ?? { _tag: 'Overtaken' }
      outcomes.push(
        result._tag === 'Refused' && change._tag === 'Delete'
          ? await keptInstead(change, plan.edit, owner)
          : settledOutcome(change.key, plan.edit, result),
      )
    }
    if (outcomes.some(({ _tag }) => _tag === 'Done')) await reloads.request()
    return outcomes
  }

  const upstreamOf = (backend: string): string =>
    hasLoneSurrogate(backend) ? '' : (directory.fileNameOf(backend)?.slice(0, -ending.length) ?? '')

  return {
    name,
    adopt: false,
    ...nginxRendering(upstreamOf, options),
    read: () => directory.read(),
    apply: (changes, owner) => alone(() => apply(changes, owner)),
    synced: (_, stopping) => {
      if (stopping !== undefined) reloads.endWith(stopping)
      void alone(recover).then(
        () => reloads.settle(),
        (thrown: unknown) => (warned = errorOf(thrown).message),
      )
    },
    warnings: () => [warned, reloads.problem].filter((warning) => warning !== undefined),
  }
}
