import type { Clock, Millis } from '../../src/core/clock.js'
import { ApiFailure } from '../aws-api/api-failure.js'
import { DnsFault, type DomainName, domainName } from '../dns/dns-domain-name.js'
import { prng } from '../prng.js'
import { changed } from './route53-changes.js'
import type { RecordSetChange } from '../dns/route53-record-set.js'
import { apexRecords, type HostedZone, withRecords } from './route53-zone.js'
import type { ZoneSeed } from './zone-seed.js'

/** A change, as `GetChange` returns it. */
export interface ChangeInfo {
  readonly id: string
  readonly status: 'PENDING' | 'INSYNC'
  readonly submittedAt: Millis
}

/** The hosted zones of an account. Refusals are thrown as an `ApiFailure`. */
export interface Route53Account {
  createZone(seed: ZoneSeed): { readonly zone: HostedZone; readonly info: ChangeInfo }
  zone(id: string): HostedZone
  zones(): readonly HostedZone[]
  /** Makes all changes, or throws why it makes none. */
  change(zoneId: string, changes: readonly RecordSetChange[]): ChangeInfo
  changeInfo(id: string): ChangeInfo
}

/** An account without zones. A change is in sync, and the name servers know it, `propagationMs` after its submission. */
export const route53Account = ({
  clock,
  propagationMs,
}: {
  readonly clock: Clock
  readonly propagationMs: Millis
}): Route53Account => {
  const zones = new Map<string, HostedZone>()
  const submitted = new Map<string, Millis>()
  const ids = prng(53)

  const submit = (): ChangeInfo => {
    const id = `C${ids.hex(19).toUpperCase()}`
    const submittedAt = clock.now()
    submitted.set(id, submittedAt)
    return { id, status: 'PENDING', submittedAt }
  }

  const zone = (id: string): HostedZone => {
    const found = zones.get(id)
    if (found === undefined)
      throw new ApiFailure('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404)
    return found
  }

  return {
    createZone: ({ id = `Z${ids.hex(19).toUpperCase()}`, isPrivate = false, ...seed }) => {
      const callerReference = seed.callerReference ?? id
      if ([...zones.values()].some((other) => other.callerReference === callerReference))
        throw new ApiFailure(
          'HostedZoneAlreadyExists',
          `A hosted zone has already been created with the specified caller reference ${callerReference}.`,
          409,
        )
      const name = zoneName(seed.name)
      const records = apexRecords(name)
      const made: HostedZone = {
        id,
        name,
        isPrivate,
        comment: seed.comment,
        callerReference,
        records,
        published: [{ since: clock.now(), records }],
      }
      zones.set(id, made)
      return { zone: made, info: submit() }
    },
    zone,
    zones: () => [...zones.values()],
    change: (zoneId, changes) => {
      const before = zone(zoneId)
      const outcome = changed(before.name, before.records, changes)
      if (outcome._tag === 'Refused')
        throw new ApiFailure('InvalidChangeBatch', `[${outcome.messages.join(', ')}]`)
      const now = clock.now()
      zones.set(zoneId, withRecords(before, outcome.records, { now, since: now + propagationMs }))
      return submit()
    },
    changeInfo: (id) => {
      const submittedAt = submitted.get(id)
      if (submittedAt === undefined)
        throw new ApiFailure(
          'NoSuchChange',
          `A change with the specified change ID ${id} does not exist.`,
          404,
        )
      return { id, status: clock.now() >= submittedAt + propagationMs ? 'INSYNC' : 'PENDING', submittedAt }
    },
  }
}

const zoneName = (text: string): DomainName => {
  try {
    return domainName(text)
  } catch (error) {
    if (error instanceof DnsFault) throw new ApiFailure('InvalidDomainName', error.message)
    throw error
  }
}
