import { isClusterPattern } from '../../core/arn.js'
import { errorOf } from '../../core/error-of.js'
import type { ExaminationContext, Finding } from '../../core/finding.js'
import type { AnySink } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { Composition } from '../runner/composition.js'

/** What was found about one part of a worker. */
export interface Examined {
  /** The part's name, such as `sqs`. */
  readonly part: string
  readonly findings: readonly Finding[]
}

const nothing: readonly Finding[] = [{ about: 'itself', result: 'unknown', detail: 'it cannot be examined' }]

const failed = (about: string, thrown: unknown): Finding => ({
  about,
  result: 'failed',
  detail: errorOf(thrown).message,
})

const ofSource = async (source: Source, context: ExaminationContext): Promise<Examined> => ({
  part: source.name,
  findings: await (source.examine?.(context) ?? Promise.resolve(nothing)).catch((thrown: unknown) => [
    failed('itself', thrown),
  ]),
})

const ofSink = async (sink: AnySink, context: ExaminationContext): Promise<Examined> => {
  try {
    const rows = await sink.read(context.signal)
    const read: Finding = { about: 'reading the target', result: 'ok', detail: `${rows.length} records` }
    const warnings = (sink.warnings?.() ?? []).map((detail): Finding => ({
      about: 'setup',
      result: 'warning',
      detail,
    }))
    const more = await (sink.examine?.(context) ?? Promise.resolve([])).catch((thrown: unknown) => [
      failed('writing the target', thrown),
    ])
    return { part: sink.name, findings: [read, ...warnings, ...more] }
  } catch (thrown) {
    return { part: sink.name, findings: [failed('reading the target', thrown)] }
  }
}

/** Examines every part of a worker, at the same time. Runs none of them. */
export const examine = (
  { eventSources, lookups, sinks, clusters = [] }: Composition,
  { clock, signal }: Omit<ExaminationContext, 'clusters'>,
): Promise<readonly Examined[]> => {
  const context = { clock, signal, clusters: clusters.filter((cluster) => !isClusterPattern(cluster)) }
  return Promise.all([
    ...[...eventSources, ...lookups].map((source) => ofSource(source, context)),
    ...sinks.map((sink) => ofSink(sink, context)),
  ])
}
