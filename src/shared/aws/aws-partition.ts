import { partition } from '@aws-sdk/core/client'

/** A part of AWS with accounts, regions and DNS names of its own: `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, … */
export interface AwsPartition {
  readonly name: string
  /** What the names of its services end in: `amazonaws.com`. */
  readonly dnsSuffix: string
  /** The same, of names with addresses of both versions of IP: `api.aws`. */
  readonly dualStackDnsSuffix: string
}

/**
 * Letters come first, because `sns.s3-us-west-2.amazonaws.com` would be anybody's bucket. (Eugene Lim, "Exploiting
 * Improper Validation of Amazon Simple Notification Service SigningCertUrl", 2022.)
 */
const regionShape = /^[a-z]{2,8}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/

/** Whether a text has the shape of a region's name, so that it can be put into a host name. */
export const isRegion = (text: string): boolean => regionShape.test(text)

/**
 * The partition of a region; `undefined` for what cannot be a region's name. AWS's SDK ships the data. Regions that
 * are newer than the SDK belong to the partition whose pattern they match, else to `aws`.
 */
export const partitionOf = (region: string): AwsPartition | undefined =>
  isRegion(region) ? partition(region) : undefined
