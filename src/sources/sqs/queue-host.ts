import { OptionError } from '../../core/option-error.js'
import { isRegion, partitionOf } from '../../shared/aws/aws-partition.js'

/** The kind of host in a queue's URL. */
export type QueueHost =
  /** SQS's own host, in any of its forms, as the settings from which the SDK derives the same host. */
  | {
      readonly _tag: 'Sqs'
      readonly region: string
      readonly fips: boolean
      readonly dualStack: boolean
    }
  /**
   * Another host that leads to SQS, such as a VPC endpoint, a proxy or an emulator; it is used as given. `region` is
   * set if the name contains it.
   */
  | { readonly _tag: 'Other'; readonly origin: string; readonly region: string | undefined }

/** The current form of SQS hosts. Groups: FIPS, region, suffix. */
const modern = /^sqs(-fips)?\.([a-z\d-]+)\.(.+)$/
/** The form from before 2012. Groups: region, suffix. */
const legacy = /^(?:([a-z\d-]+)\.)?queue\.(.+)$/
/** Groups: region, suffix. */
const privateLink = /^vpce-[a-z\d-]+\.sqs(?:-fips)?\.([a-z\d-]+)\.vpce\.(.+)$/
/** Host names that should belong only to AWS. */
const ofAws = /(?:^|\.)(?:amazonaws|amazonwebservices|api\.aws)(?:\.|$)/
/** The hosts of emulators that contain a region: `sqs.eu-west-1.localhost.localstack.cloud`. */
const emulated = /^(?:sqs\.([a-z\d-]+)|([a-z\d-]+)\.queue)\./

const sqsHost = (hostname: string): Extract<QueueHost, { _tag: 'Sqs' }> | undefined => {
  const [isModern, fips, region = '', suffix] = modern.exec(hostname) ?? []
  if (isModern !== undefined) {
    const partition = partitionOf(region)
    const dualStack = suffix === partition?.dualStackDnsSuffix
    return partition !== undefined && (dualStack || suffix === partition.dnsSuffix)
      ? { _tag: 'Sqs', region, fips: fips !== undefined, dualStack }
      : undefined
  }
  const [isLegacy, former = 'us-east-1', end] = legacy.exec(hostname) ?? []
  return isLegacy !== undefined && end === partitionOf(former)?.dnsSuffix
    ? { _tag: 'Sqs', region: former, fips: false, dualStack: false }
    : undefined
}

/**
 * Parses the host of a queue's URL. AWS hosts must be those of SQS, with a region that belongs to the partition of
 * their suffix, because calls are signed for that region and sent to that host.
 *
 * @throws OptionError for an invalid queue URL.
 */
export const queueHost = (queueUrl: string): QueueHost => {
  const refused = (expected: string): OptionError =>
    new OptionError(`queueUrl: expected ${expected}, got "${queueUrl}"`)
  const url = URL.canParse(queueUrl) ? new URL(queueUrl) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw refused("a queue's URL, such as https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events")
  if (url.username !== '' || url.password !== '') throw refused('a URL without user and password')
  if (url.search !== '' || url.hash !== '') throw refused('a URL without query and fragment')
  const { hostname, origin, port } = url
  if (port === '') {
    const sqs = sqsHost(hostname)
    if (sqs !== undefined) return sqs
  }
  const [, inVpc = '', suffix] = privateLink.exec(hostname) ?? []
  if (suffix !== undefined && suffix === partitionOf(inVpc)?.dnsSuffix)
    return { _tag: 'Other', origin, region: inVpc }
  if (ofAws.test(hostname) && sqsHost(hostname) === undefined)
    throw refused('a host of SQS, such as sqs.eu-west-1.amazonaws.com, in a region of its partition')
  const [, first, second] = emulated.exec(hostname) ?? []
  const region = first ?? second
  return { _tag: 'Other', origin, region: region !== undefined && isRegion(region) ? region : undefined }
}
