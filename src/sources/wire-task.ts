/**
 * A task as AWS tells it: the fields that we read, under the names that the `detail` of an event and an answer of
 * DescribeTasks share. There is no place here for `overrides`: the variables that they hold are secrets, and what has
 * no name here is not read. Source: Amazon ECS Developer Guide, "Amazon ECS task state change events"; API reference,
 * `Task`.
 */
import * as t from 'io-ts'
import { anyObject, arrayOf, count, nonEmptyString, object, optional } from './lenient.js'

const networkBinding = object(
  {},
  {
    protocol: optional(t.string),
    containerPort: optional(t.number),
    hostPort: optional(t.number),
    /** `<first>-<last>`, in place of the two above. */
    containerPortRange: optional(t.string),
    hostPortRange: optional(t.string),
  },
)

const networkInterface = object(
  {},
  { privateIpv4Address: optional(t.string), ipv6Address: optional(t.string) },
)

const container = object(
  {},
  {
    name: optional(t.string),
    containerArn: optional(t.string),
    lastStatus: optional(t.string),
    runtimeId: optional(t.string),
    networkBindings: optional(arrayOf(networkBinding)),
    networkInterfaces: optional(arrayOf(networkInterface)),
  },
)

/**
 * A task's network interface among its attachments; volumes and load balancers are others. It matters only where no
 * container tells the address, so attachments are looked at no sooner than then, and one that is not of this form is
 * none.
 */
export const networkAttachment = object(
  {
    // Events say the former, DescribeTasks the latter.
    type: t.keyof({ eni: null, ElasticNetworkInterface: null }),
    details: arrayOf(object({}, { name: optional(t.string), value: optional(t.string) })),
  },
  {},
)

/** Events of 2016 have no more than what is required here. */
export const wireTask = object(
  {
    taskArn: nonEmptyString,
    clusterArn: nonEmptyString,
    lastStatus: nonEmptyString,
    desiredStatus: nonEmptyString,
    version: count,
  },
  {
    group: optional(t.string),
    taskDefinitionArn: optional(t.string),
    containerInstanceArn: optional(t.string),
    launchType: optional(t.string),
    containers: optional(arrayOf(container)),
    attachments: optional(arrayOf(anyObject)),
    /** In events only. */
    updatedAt: optional(t.string),
  },
)

export type WireTask = t.TypeOf<typeof wireTask>
export type WireContainer = t.TypeOf<typeof container>
export type WireBinding = t.TypeOf<typeof networkBinding>
