import { OptionError } from '../../core/option-error.js'
import * as E from 'fp-ts/lib/Either.js'
import { attributeNames, type TextAttributes } from './attributes.js'
import type { LocatedContainer } from '../index/located-container.js'
import { type Placeholders, type UrlTemplate, urlTemplate } from './url-template.js'

export const linkKinds = ['cadvisorUrl', 'graylogUrl', 'newRelicUrl', 'newRelicServiceUrl'] as const
export type LinkKind = (typeof linkKinds)[number]

/** URL templates, with the attributes of a container or a service in braces. */
export type LinkTemplates = Readonly<Partial<Record<LinkKind, string | undefined>>>

/** Default: `defaultTemplates`. */
export interface LinkOptions extends LinkTemplates {
  /** `{cadvisor_port}`. Default: 9070. */
  readonly cadvisorPort?: number | undefined
  /** `{graylog_fqdn}`; may have a port. */
  readonly graylogFqdn?: string | undefined
  /** `{new_relic_account_id}` */
  readonly newRelicAccountId?: string | undefined
}

export type Link =
  | { readonly _tag: 'Url'; readonly url: string }
  /** `later`: a lookup is pending, so the URL will be known in a moment. */
  | { readonly _tag: 'NoUrl'; readonly reason: string; readonly later: boolean }

/** The templates of ecs_id_mapper. Its Graylog tags logs with Docker's short id. */
export const defaultTemplates: Readonly<Partial<Record<LinkKind, string>>> = {
  cadvisorUrl: 'http://{instance_ip}:{cadvisor_port}/docker/{container_id}',
  graylogUrl:
    'http://{graylog_fqdn}/search?rangetype=relative&fields=message%2Csource&width=1639&relative=86400' +
    '&q=tag%3Adocker.{container_id}#fields=log',
}

const settings = ['cadvisor_port', 'graylog_fqdn', 'new_relic_account_id'] as const
const hosts = new Set(['instance_ip', 'task_ip', 'host_name', 'cadvisor_port', 'graylog_fqdn'])

const placeholders: Readonly<Record<'container' | 'service', Placeholders>> = {
  container: {
    hosts,
    all: new Set([...attributeNames, 'container_full_id', 'container_short_id', ...settings]),
  },
  service: {
    hosts: new Set(['graylog_fqdn']),
    all: new Set(['cluster_name', 'service_name', 'graylog_fqdn', 'new_relic_account_id']),
  },
}

const compiled = (kind: LinkKind, text: string): E.Either<string, UrlTemplate> =>
  urlTemplate(text, placeholders[kind === 'newRelicServiceUrl' ? 'service' : 'container'])

/** The problems with the templates, for people. */
export const linkProblems = (
  templates: LinkTemplates,
): readonly { readonly kind: LinkKind; readonly reason: string }[] =>
  linkKinds.flatMap((kind) => {
    const text = templates[kind]
    const template = text === undefined ? undefined : compiled(kind, text)
    return template === undefined || E.isRight(template) ? [] : [{ kind, reason: template.left }]
  })

const noUrl = (reason: string, later = false): Link => ({ _tag: 'NoUrl', reason, later })

const names: Readonly<Record<LinkKind, string>> = {
  cadvisorUrl: 'cAdvisor',
  graylogUrl: 'Graylog',
  newRelicUrl: 'New Relic',
  newRelicServiceUrl: 'New Relic',
}

/** Creates URLs of monitoring tools. */
export interface Links {
  ofContainer(
    kind: Exclude<LinkKind, 'newRelicServiceUrl'>,
    located: LocatedContainer,
    known: TextAttributes,
  ): Link
  ofService(service: { readonly cluster_name: string; readonly service_name: string }): Link
}

/** Throws an OptionError that lists all invalid templates. */
export const links = (options: LinkOptions = {}): Links => {
  const { cadvisorPort = 9070, graylogFqdn, newRelicAccountId } = options
  const problems = linkProblems(options)
  if (problems.length > 0)
    throw new OptionError(`links: ${problems.map(({ kind, reason }) => `${kind}: ${reason}`).join('; ')}`)
  const byKind = new Map<LinkKind, UrlTemplate>()
  for (const kind of linkKinds) {
    const text = options[kind] ?? defaultTemplates[kind]
    const template = text === undefined ? undefined : compiled(kind, text)
    if (template !== undefined && E.isRight(template)) byKind.set(kind, template.right)
  }
  const set: Readonly<Record<(typeof settings)[number], string | undefined>> = {
    cadvisor_port: String(cadvisorPort),
    graylog_fqdn: graylogFqdn,
    new_relic_account_id: newRelicAccountId,
  }
  const isSetting = (name: string): boolean => settings.some((each) => each === name)

  const link = (
    kind: LinkKind,
    values: Readonly<Record<string, string | undefined>>,
    because: (placeholder: string) => Link,
  ): Link => {
    const template = byKind.get(kind)
    if (template === undefined) return noUrl(`no ${names[kind]} URL is configured`)
    const expansion = template.expand({ ...values, ...set })
    if (expansion._tag === 'Url') return expansion
    return isSetting(expansion.placeholder)
      ? noUrl(`no ${names[kind]} URL: {${expansion.placeholder}} is not configured, or is not valid there`)
      : because(expansion.placeholder)
  }

  return {
    ofContainer: (kind, { record, instance }, known) => {
      const full = known.container_id
      const short = full?.slice(0, 12)
      const values = {
        ...known,
        container_id: kind === 'graylogUrl' ? short : full,
        container_full_id: full,
        container_short_id: short,
      }
      return link(kind, values, (placeholder) => {
        const waits =
          record.task.instance !== undefined && instance === undefined && record.phase === 'running'
        return noUrl(
          waits
            ? `no ${names[kind]} URL yet: the instance is being looked up`
            : `no ${names[kind]} URL: {${placeholder}} of this container is not known`,
          waits,
        )
      })
    },
    ofService: (service) =>
      link('newRelicServiceUrl', service, (placeholder) =>
        noUrl(`no New Relic URL: {${placeholder}} of this service is not known`),
      ),
  }
}
