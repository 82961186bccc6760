import { ApiFailure } from '../aws-api/api-failure.js'
import { DnsFault, domainName } from '../dns/dns-domain-name.js'
import type { ChangeInfo, Route53Account } from './route53-account.js'
import { listed } from './route53-listing.js'
import type { RecordSetChange } from '../dns/route53-record-set.js'
import { checkRequest } from './route53-request-rules.js'
import { changesIn, recordSetXml } from './route53-record-set-xml.js'
import { childOf, textOf, xmlAnswer, type XmlContent, xmlRequest } from './route53-xml.js'
import { type HostedZone, nameServers } from './route53-zone.js'

/** A parsed request. */
export interface Route53Call {
  readonly operation: string
  /** The id of the zone or of the change in the path; empty if the path has none. */
  readonly id: string
  readonly query: URLSearchParams
  readonly body: string
}

export interface Route53Answer {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

export const callOf = (method: string, url: string, body: string): Route53Call => {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const [, resource = '', id = '', part = ''] =
    /^\/2013-04-01\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?\/?$/.exec(pathname) ?? []
  const route = `${method} ${resource}${id === '' ? '' : '/*'}${part === '' ? '' : `/${part}`}`
  return {
    operation: routes[route] ?? `${method} ${pathname}`,
    id: decodeURIComponent(id),
    query: searchParams,
    body,
  }
}

const routes: Readonly<Record<string, string>> = {
  'POST hostedzone': 'CreateHostedZone',
  'GET hostedzone/*': 'GetHostedZone',
  'GET hostedzonesbyname': 'ListHostedZonesByName',
  'POST hostedzone/*/rrset': 'ChangeResourceRecordSets',
  'GET hostedzone/*/rrset': 'ListResourceRecordSets',
  'GET change/*': 'GetChange',
}

/**
 * The changes in a `ChangeResourceRecordSets` request.
 *
 * @throws {ApiFailure} if the zone does not exist, or a change is malformed.
 */
export const changesOf = (account: Route53Account, { id, body }: Route53Call): readonly RecordSetChange[] => {
  account.zone(id)
  const changes = changesIn(xmlRequest(body, 'ChangeResourceRecordSetsRequest'))
  checkRequest(changes)
  return changes
}

/** @throws {ApiFailure} for everything that Route 53 refuses. */
export const answerTo = (account: Route53Account, call: Route53Call): Route53Answer => {
  const { operation, id, query, body } = call
  switch (operation) {
    case 'CreateHostedZone':
      return createHostedZone(account, body)
    case 'GetHostedZone':
      return found('GetHostedZone', { HostedZone: zoneXml(account.zone(id)), ...delegationXml })
    case 'ListHostedZonesByName':
      return listHostedZonesByName(account, query)
    case 'ChangeResourceRecordSets':
      return found(operation, changeXml(account.change(id, changesOf(account, call))))
    case 'ListResourceRecordSets': {
      const { sets, size, next } = listed(account.zone(id).records, query)
      return found(operation, {
        ResourceRecordSets: { ResourceRecordSet: sets.map(recordSetXml) },
        IsTruncated: next !== undefined,
        ...(next === undefined ? {} : { NextRecordName: next.Name, NextRecordType: next.Type }),
        ...(next?.SetIdentifier === undefined ? {} : { NextRecordIdentifier: next.SetIdentifier }),
        MaxItems: size,
      })
    }
    case 'GetChange':
      return found(operation, changeXml(account.changeInfo(id)))
    default:
      throw new ApiFailure('InvalidAction', `This server does not simulate ${operation}.`, 501)
  }
}

const createHostedZone = (account: Route53Account, body: string): Route53Answer => {
  const request = xmlRequest(body, 'CreateHostedZoneRequest')
  const config = childOf(request, 'HostedZoneConfig')
  const comment = textOf(config, 'Comment')
  const { zone, info } = account.createZone({
    name: textOf(request, 'Name') ?? '',
    callerReference: textOf(request, 'CallerReference') ?? '',
    isPrivate: textOf(config, 'PrivateZone') === 'true',
    ...(comment === undefined ? {} : { comment }),
  })
  return {
    ...found('CreateHostedZone', { HostedZone: zoneXml(zone), ...changeXml(info), ...delegationXml }),
    status: 201,
    headers: { location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}` },
  }
}

/** Starts at the name `dnsname`, and among zones of that name at the id `hostedzoneid`. */
const listHostedZonesByName = (account: Route53Account, query: URLSearchParams): Route53Answer => {
  const name = query.get('dnsname')
  const from = placeOf(name ?? '', query.get('hostedzoneid') ?? '')
  const size = Math.min(Number(query.get('maxitems') ?? 100), 100)
  const zones = account
    .zones()
    .map((zone) => ({ zone, place: `${zone.name.order}\0${zone.id}` }))
    .filter(({ place }) => place >= from)
    .sort((left, right) => (left.place < right.place ? -1 : 1))
    .map(({ zone }) => zone)
  const next = zones[size]
  return found('ListHostedZonesByName', {
    HostedZones: { HostedZone: zones.slice(0, size).map(zoneXml) },
    ...(name === null ? {} : { DNSName: name }),
    IsTruncated: next !== undefined,
    ...(next === undefined ? {} : { NextDNSName: next.name.text, NextHostedZoneId: next.id }),
    MaxItems: size,
  })
}

const placeOf = (name: string, id: string): string => {
  try {
    return name === '' ? '' : `${domainName(name).order}\0${id}`
  } catch (error) {
    if (error instanceof DnsFault) throw new ApiFailure('InvalidDomainName', error.message)
    throw error
  }
}

const found = (operation: string, content: Readonly<Record<string, XmlContent>>): Route53Answer => ({
  status: 200,
  body: xmlAnswer(`${operation}Response`, content),
})

const zoneXml = (zone: HostedZone): XmlContent => ({
  Id: `/hostedzone/${zone.id}`,
  Name: zone.name.text,
  CallerReference: zone.callerReference,
  Config: {
    ...(zone.comment === undefined ? {} : { Comment: zone.comment }),
    PrivateZone: zone.isPrivate,
  },
  ResourceRecordSetCount: zone.records.size,
})

const delegationXml = { DelegationSet: { NameServers: { NameServer: nameServers } } }

const changeXml = ({ id, status, submittedAt }: ChangeInfo): Readonly<Record<string, XmlContent>> => ({
  ChangeInfo: { Id: `/change/${id}`, Status: status, SubmittedAt: new Date(submittedAt).toISOString() },
})
