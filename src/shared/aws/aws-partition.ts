import { partition } from '@aws-sdk/core/client'

/** A part of AWS with its own accounts, regions and DNS names: `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, … */
export interface AwsPartition {
  readonly name: string
  /** The suffix of its services' host names: `amazonaws.com`. */
  readonly dnsSuffix: string
  /** The suffix of dual-stack host names: `api.aws`. */
  readonly dualStackDnsSuffix: string
}

/**
 * The first part has only letters, because `sns.s3-us-west-2.amazonaws.com` could be anyone's bucket. (Eugene Lim,
 * "Exploiting Improper Validation of Amazon Simple Notification Service SigningCertUrl", 2022.)
 */
const regionShape = /^[a-z]{2,8}(?:-[a-z]{2,16}){1,3}-\d{1,2}$/

/** Whether a text has the form of a region name, so that it is safe in a host name. */
export const isRegion = (text: string): boolean => regionShape.test(text)

/**
 * The partition of a region, or `undefined` for an invalid region name. The data comes with the AWS SDK. Regions newer
 * than the SDK belong to the partition whose pattern they match, or else to `aws`.
 */
export const partitionOf = (region: string): AwsPartition | undefined =>
  isRegion(region) ? partition(region) : undefined
