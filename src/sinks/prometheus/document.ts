/** Target groups as text, in the format of Prometheus's `http_sd_configs` and `file_sd_configs`. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { decodeErrors } from '../../shared/codec/decode-error.js'
import { canonicalText } from '../../shared/codec/json.js'
import type { DocumentFormat } from '../document/document.js'
import { backendLabel, type TargetGroup, type TargetGroups } from './targets.js'

/** Set on a group without targets, because a list of groups has no other place for the owner. */
const ownerLabel = '__meta_ecs_task_stream_owner'

const Groups = t.readonlyArray(
  t.readonly(
    t.strict({ targets: t.readonlyArray(t.string), labels: t.readonly(t.record(t.string, t.string)) }),
  ),
)

/** YAML, which Prometheus uses for `.yml` files, allows fewer unescaped characters than JSON. */
const printable = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const emptyGroup = (backend: string): TargetGroup => ({ targets: [], labels: { [backendLabel]: backend } })

/**
 * A JSON list, one line per group, ordered by backend and address. A backend without targets is printed as a group
 * without targets, so that it is known when the file is read again. Also valid YAML.
 */
export const prometheusDocument: DocumentFormat<TargetGroups> = {
  etagOf: canonicalText,
  print: ({ owner, records }) => {
    const ownership: TargetGroups =
      owner === undefined ? [] : [{ targets: [], labels: { [ownerLabel]: owner } }]
    const groups = [...records.keys()].sort().flatMap((backend) => {
      const of = records.get(backend) ?? []
      return of.length === 0 ? [emptyGroup(backend)] : of
    })
    return printable(`[${[...ownership, ...groups].map(canonicalText).join(',\n')}]\n`)
  },
  parse: (text) => {
    const decoded = Groups.decode(JSON.parse(text))
    if (E.isLeft(decoded))
      throw new Error(
        decodeErrors(decoded.left, '$')
          .slice(0, 3)
          .map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
          .join('; '),
      )
    let owner: string | undefined
    const records = new Map<string, TargetGroup[]>()
    for (const { targets, labels } of decoded.right) {
      owner ??= labels[ownerLabel]
      if (labels[ownerLabel] !== undefined) continue
      const backend = labels[backendLabel] ?? ''
      const of = records.get(backend) ?? []
      records.set(backend, of)
      if (targets.length > 0) of.push({ targets, labels })
    }
    return { owner, records }
  },
}
