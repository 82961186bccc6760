/** A wrong version of the engine: one place in one file is another. */
export interface Mutant {
  readonly name: string
  readonly file: string
  /** Must be in the file exactly once, or the mutant is out of date. */
  readonly original: string
  readonly wrong: string
  /** Further arguments of the runs that are to find it: what it takes would be rare otherwise. */
  readonly with?: readonly string[]
  /** Why no invariant can find it, if none can. */
  readonly harmless?: string
}

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledges when it has folded, not when the target has it',
    file: 'src/core/acknowledgements.ts',
    original: "if (this.options.ack === 'applied') return",
    wrong:
      "if (this.options.ack === 'applied') delivery.ack()\n    if (this.options.ack === 'applied') return",
  },
  {
    name: 'acknowledges before the journal holds it',
    file: 'src/core/journal-follower.ts',
    original: 'if (news.length > 0) await this.append(news.map(({ entry }) => entry))',
    wrong: 'if (news.length > 0) void this.append(news.map(({ entry }) => entry)).catch(() => undefined)',
    with: ['--arrangement', 'journal'],
  },
  {
    name: 'plans before it has caught up with the journal',
    file: 'src/core/reconcile.ts',
    original: 'await this.options.caughtUp()',
    wrong: 'void 0',
    with: ['--arrangement', 'journal'],
  },
  {
    name: 'takes a failed write for settled',
    file: 'src/core/reconcile.ts',
    original: `if (next.changes.length > 0 && !(await this.apply(next.changes, desired, view, retryIn))) return 'again'`,
    wrong: `if (next.changes.length > 0) await this.apply(next.changes, desired, view, retryIn)`,
    with: ['--arrangement', 'queue-each', '--target', 'traefik-table', '--incident-minutes', '20'],
  },
  {
    name: 'keeps what it believed to be settled while it writes',
    file: 'src/core/reconcile.ts',
    original: `    this.settled = undefined
    this.wrote = true`,
    wrong: `    this.wrote = true`,
    harmless:
      'equivalent: the settled state is the same only with the same map of backends (`isSettled`), and a map that was changed is never that object again (`PersistentMap.update`, `delete`); with the same backends, only records that nobody wants differ',
  },
  {
    name: 'forgets marks: no snapshot rules a task out',
    file: 'src/core/liveness.ts',
    original: 'mark !== undefined && task.at + skewAllowanceMs < mark.at && !mark.tasks.has(task.arn)',
    wrong: 'mark === undefined && task.at + skewAllowanceMs < 0',
  },
  {
    name: 'allows nothing for clocks and stale answers',
    file: 'src/core/liveness.ts',
    original: 'defaultSkewAllowanceMs: Millis = 30_000',
    wrong: 'defaultSkewAllowanceMs: Millis = 0',
    with: ['--snapshot-minutes', '1', '--incident-minutes', '4', '--clusters', '8'],
  },
  {
    name: 'tries again without what the conflict told',
    file: 'src/core/reconcile.ts',
    original: 'else view.put(key, outcome.found)',
    wrong: 'else void key',
    with: ['--target', 'traefik-table', '--arrangement', 'journal', '--incident-minutes', '20'],
  },
  {
    name: 'tries again without reading after a failed write',
    file: 'src/core/reconcile.ts',
    original: `      this.view = undefined
      this.failure = errorOf(thrown)
      if (this.writes === 'none') this.writes = 'failed'`,
    wrong: `      this.failure = errorOf(thrown)
      if (this.writes === 'none') this.writes = 'failed'`,
    with: ['--arrangement', 'queue-each', '--clusters', '5', '--incident-minutes', '10'],
  },
  {
    name: 'does alone what another does, without a look at the lease',
    file: 'src/core/journal-follower.ts',
    original: 'if (!(await this.lease(work, leaseMs))) return undefined',
    wrong: 'await this.lease(work, leaseMs)',
    with: ['--arrangement', 'journal'],
  },
  {
    name: 'writes without a condition',
    file: 'src/sinks/traefik/table/write.ts',
    original: `    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: {`,
    wrong: `    ExpressionAttributeNames: names,
    ExpressionAttributeValues: {`,
    with: ['--target', 'traefik-table', '--arrangement', 'journal', '--incident-minutes', '20'],
  },
  {
    name: 'takes what it knows for whole before the first snapshot',
    file: 'src/core/merge-incomplete.ts',
    original: 'return (address) => !complete && (',
    wrong: 'return (address) => complete && (',
  },
  {
    name: 'gives each revision with a share of the requests as much as another',
    file: 'src/core/traffic.ts',
    original: `    production,
    test,
    held: production > 0 ?`,
    wrong: `    production: production > 0 ? 50 : 0,
    test,
    held: production > 0 ?`,
    with: ['--incident-minutes', '30'],
  },
  {
    name: 'takes records of others for its own',
    file: 'src/core/verdict.ts',
    original: 'const ours = row.owner === owner',
    wrong: 'const ours = true',
  },
  {
    name: 'puts an entry of the journal where another has put one',
    file: 'src/journal/dynamodb/journal-table.ts',
    original: `const isAbsent: Condition = { expression: 'attribute_not_exists(#journal)', names`,
    wrong: `const isAbsent: Condition = { expression: 'attribute_exists(#journal) OR attribute_not_exists(#journal)', names`,
    with: ['--arrangement', 'journal'],
  },
  {
    name: 'starts with the checkpoint alone, without what follows it',
    file: 'src/journal/dynamodb/index.ts',
    original: 'return { ...caughtUp, entries: [first, ...caughtUp.entries] }',
    wrong: 'return { ...caughtUp, entries: [first] }',
    with: ['--arrangement', 'journal', '--incident-minutes', '20'],
  },
  {
    name: 'takes a write to a disk for done before it is synced',
    file: 'src/journal/directory/journal-files.ts',
    original: 'if (this.setup.fsync) await this.setup.access(() => handle.datasync())',
    wrong: 'void handle',
    with: ['--arrangement', 'directory', '--clusters', '3', '--incident-minutes', '15'],
  },
  {
    name: 'writes on in a file whose last line may be torn',
    file: 'src/journal/directory/entry-writer.ts',
    original: `      } catch (thrown) {
        this.current = undefined`,
    wrong: `      } catch (thrown) {
        if (isMissing(thrown)) this.current = undefined`,
    with: ['--arrangement', 'directory', '--clusters', '3', '--incident-minutes', '15'],
  },
  {
    name: 'lets entries expire before a checkpoint holds them',
    file: 'src/journal/dynamodb/index.ts',
    original: 'String(Math.ceil((clock.now() + retentionMs + extraMs) / 1000))',
    wrong: 'String(Math.ceil((clock.now() + extraMs) / 1000))',
    with: ['--arrangement', 'journal'],
  },
  {
    name: 'passes over gaps in the numbers of a journal',
    file: 'src/journal/dynamodb/entry-log.ts',
    original: 'while (numbers.delete(reached + 1)) reached++',
    wrong: 'for (const number of numbers) reached = Math.max(reached, number)',
    with: ['--arrangement', 'journal', '--incident-minutes', '20'],
  },
  {
    name: 'never extends the visibility of a message, and takes its own messages for new',
    file: 'src/sources/sqs/sqs-session.ts',
    original: 'if (this.leases.renew(message)) continue',
    wrong: 'void 0',
    with: ['--incident-minutes', '20'],
  },
  {
    name: 'serves its document before it knows everything',
    file: 'src/sinks/document/served-records.ts',
    original: `      missing = missingIn(desired)
      if (missing === undefined) open()`,
    wrong: `      void missingIn(desired)
      open()`,
    with: ['--target', 'traefik-http'],
  },
]
