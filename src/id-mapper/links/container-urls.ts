import { type JsonSchema, text } from '../openapi/json-schema.js'
import { portAttributes, textAttributes } from './attributes.js'
import type { Link, Links } from './links.js'
import type { LocatedContainer } from '../index/located-container.js'

const urlOf = (link: Link): string | undefined => (link._tag === 'Url' ? link.url : undefined)

export const urlsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cadvisor_url: text('By `CADVISOR_URL`'),
    graylog_url: text('By `GRAYLOG_URL`'),
    new_relic_url: text('By `NEW_RELIC_URL`'),
  },
}

/** The URLs that there are for a container. */
export const containerUrls = (links: Links, located: LocatedContainer) => {
  const known = textAttributes(located)
  const cadvisor_url = urlOf(links.ofContainer('cadvisorUrl', located, known))
  const graylog_url = urlOf(links.ofContainer('graylogUrl', located, known))
  const new_relic_url = urlOf(links.ofContainer('newRelicUrl', located, known))
  return {
    ...(cadvisor_url === undefined ? {} : { cadvisor_url }),
    ...(graylog_url === undefined ? {} : { graylog_url }),
    ...(new_relic_url === undefined ? {} : { new_relic_url }),
  }
}

/** All that is known of a container, by `attributesSchema`. */
export const containerAttributes = (links: Links, located: LocatedContainer) => ({
  ...textAttributes(located),
  ...containerUrls(links, located),
  ports: portAttributes(located),
})
