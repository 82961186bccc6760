import { type JsonSchema, text } from '../openapi/json-schema.js'
import { portAttributes, textAttributes } from './attributes.js'
import type { Link, Links } from './links.js'
import type { LocatedContainer } from '../index/located-container.js'

const urlOf = (link: Link): string | undefined => (link._tag === 'Url' ? link.url : undefined)

export const urlsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    cadvisor_url: text('From `CADVISOR_URL`'),
    graylog_url: text('From `GRAYLOG_URL`'),
    new_relic_url: text('From `NEW_RELIC_URL`'),
  },
}

/** The available URLs for a container. */
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

/** All attributes of a container, as in `attributesSchema`. */
export const containerAttributes = (links: Links, located: LocatedContainer) => ({
  ...textAttributes(located),
  ...containerUrls(links, located),
  ports: portAttributes(located),
})
