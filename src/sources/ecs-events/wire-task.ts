/**
 * A task in AWS's format: the fields that are read, under the names that the `detail` of an event and a DescribeTasks
 * response share. Fields that are not named here are not read; in particular `overrides`, which contain secrets.
 * Source: Amazon ECS Developer Guide, "Amazon ECS task state change events"; API reference, `Task`.
 *
 * Anyone who can send to a queue can claim anything, so all values are checked for plausibility: see docs/limits.md.
 */
import * as t from 'io-ts'
import { lastSegment } from '../../core/arn.js'
import {
  clusterNameIn,
  isClusterArn,
  isContainerArn,
  isDefinitionArn,
  isInstanceArn,
  isTaskArn,
} from './ecs-arn.js'
import { ipv6Address, isIpv4Address, isLoopback } from './ip-address.js'
import { isObject, type JsonObject } from '../../shared/codec/json-object.js'
import {
  arrayOf,
  consistent,
  type Fault,
  noFaults,
  object,
  optional,
  satisfying,
  stringOf,
} from '../../shared/codec/lenient.js'
import { isPlainText, maxNameLength } from '../../shared/codec/plain-text.js'
import { taskVersion } from './task-version.js'
import { isTimestamp } from './timestamp.js'

/** A task definition has at most 10, and AWS adds a few of its own. */
export const maxContainers = 300
/** A container has at most 100 ports and 100 ranges, each with one row for IPv4 and one for IPv6. */
export const maxBindings = 1_000
/** A task has one network interface, and a few other attachments. */
export const maxAttachments = 300
/** A network interface has five. */
export const maxDetails = 100

const plain = `${maxNameLength} characters of well-formed text without control characters`
const text = stringOf(`at most ${plain}`, (text) => isPlainText(text))
const nonEmptyText = stringOf(`1 to ${plain}`, (text) => text !== '' && isPlainText(text))

/** AWS sends an empty text for what a task does not have. */
const isTold = (text: string): boolean => text !== ''

const optionalArn = (name: string, holds: (text: string) => boolean) =>
  optional(stringOf(name, (text) => !isTold(text) || holds(text)))

const reachable = 'not loopback, link-local, unspecified or multicast'
const ipv6 = stringOf(
  `IPv6 address, ${reachable}`,
  (text) => !isTold(text) || ipv6Address(text) !== undefined,
)

export const timestamp = stringOf(
  'time such as 2026-01-02T03:04:05.678Z (RFC 3339, with a zone)',
  isTimestamp,
)

/** A time in an event is a text; the SDK makes a `Date` of one in a response. */
const instant = satisfying(
  timestamp.name,
  (u): u is string | Date => timestamp.is(u) || (u instanceof Date && !Number.isNaN(u.getTime())),
)

const networkBinding = object(
  {},
  {
    protocol: optional(t.string),
    containerPort: optional(t.number),
    hostPort: optional(t.number),
    /** `<first>-<last>`, instead of `containerPort` and `hostPort`. */
    containerPortRange: optional(t.string),
    hostPortRange: optional(t.string),
  },
)

const anyDetail = object({}, { name: optional(t.string), value: optional(t.string) })
type Detail = t.TypeOf<typeof anyDetail>

const isOptionalText = (u: unknown): boolean => u === undefined || u === null || typeof u === 'string'

/** Events use `eni`, DescribeTasks uses `ElasticNetworkInterface`. Attachments of other types are not read. */
const ofNetwork = (u: unknown): u is JsonObject =>
  isObject(u) && (u['type'] === 'eni' || u['type'] === 'ElasticNetworkInterface')

/** The codecs of a task whose IPv4 addresses satisfy `isAddress`. */
const codecsOf = (isAddress: (text: string) => boolean) => {
  const ipv4 = stringOf(`IPv4 address, ${reachable}`, (text) => !isTold(text) || isAddress(text))
  const networkInterface = object({}, { privateIpv4Address: optional(ipv4), ipv6Address: optional(ipv6) })

  const container = object(
    {},
    {
      name: optional(text),
      containerArn: optionalArn('ARN of a container', isContainerArn),
      lastStatus: optional(text),
      runtimeId: optional(text),
      networkBindings: optional(arrayOf(networkBinding, maxBindings)),
      networkInterfaces: optional(arrayOf(networkInterface, maxAttachments)),
      /** Of its end; read by `taskEnd`, which believes what it can. */
      exitCode: t.unknown,
      reason: t.unknown,
    },
  )

  const addressOf = (name: unknown): t.Type<string> | undefined =>
    name === 'privateIPv4Address' ? ipv4 : name === 'ipv6Address' ? ipv6 : undefined

  /**
   * A detail of a network interface; its name determines the type of its value. Most events have five, so `is` must be
   * fast.
   */
  const detail = new t.Type<Detail>(
    'object',
    (u): u is Detail => {
      if (!isObject(u)) return false
      const { name, value } = u
      if (!isOptionalText(name) || !isOptionalText(value)) return false
      const address = addressOf(name)
      return address === undefined || value === undefined || value === null || address.is(value)
    },
    (u, context) => {
      const address = isObject(u) ? addressOf(u['name']) : undefined
      if (address === undefined) return anyDetail.validate(u, context)
      return object({}, { value: optional(address) }).validate(u, context)
    },
    t.identity,
  )

  const networkAttachment = object({}, { details: optional(arrayOf(detail, maxDetails)) })

  const attachment = new t.Type<JsonObject>(
    'object',
    (u): u is JsonObject => (ofNetwork(u) ? networkAttachment.is(u) : isObject(u)),
    (u, context) => {
      if (!isObject(u)) return t.failure(u, context)
      return ofNetwork(u) ? networkAttachment.validate(u, context) : t.success(u)
    },
    t.identity,
  )

  /** Only fields that events from 2016 already have are required. */
  const task = object(
    {
      taskArn: stringOf('ARN of a task', isTaskArn),
      clusterArn: stringOf('ARN of a cluster', isClusterArn),
      lastStatus: nonEmptyText,
      desiredStatus: nonEmptyText,
      version: taskVersion,
    },
    {
      group: optional(text),
      taskDefinitionArn: optionalArn('ARN of a task definition', isDefinitionArn),
      containerInstanceArn: optionalArn('ARN of a container instance', isInstanceArn),
      launchType: optional(text),
      capacityProviderName: optional(text),
      availabilityZone: optional(text),
      startedBy: optional(text),
      createdAt: optional(instant),
      containers: optional(arrayOf(container, maxContainers)),
      attachments: optional(arrayOf(attachment, maxAttachments)),
      /** Of its end, as above. */
      stopCode: t.unknown,
      stoppedReason: t.unknown,
      /** In events only. */
      updatedAt: optional(timestamp),
    },
  )

  return { container, networkAttachment, task }
}

/** The codecs for events. A sender must not be able to point traffic at the receiver's own machine. */
const claimed = codecsOf(isIpv4Address)
/** The codecs for AWS responses. These may contain loopback addresses, because emulators and tests have no others. */
const answered = codecsOf((text) => isIpv4Address(text) || isLoopback(text))

export type WireTask = t.TypeOf<typeof claimed.task>
export type WireContainer = t.TypeOf<typeof claimed.container>
export type WireBinding = t.TypeOf<typeof networkBinding>
export type NetworkAttachment = t.TypeOf<typeof claimed.networkAttachment>

/** Whether an attachment is a network interface, whose addresses are the task's. */
export const isNetworkAttachment = (u: unknown): u is NetworkAttachment =>
  ofNetwork(u) && answered.networkAttachment.is(u)

/**
 * Rejects a task ARN with a partition, region, account or cluster name other than its cluster's. Instances and
 * definitions from elsewhere are refused later, when they would be looked up.
 */
const strayArns = ({ taskArn, clusterArn }: WireTask): readonly Fault[] => {
  const place = clusterArn.slice(0, clusterArn.lastIndexOf(':') + 1)
  const named = clusterNameIn(taskArn)
  return taskArn.startsWith(place) && (named === undefined || named === lastSegment(clusterArn))
    ? noFaults
    : [{ key: 'taskArn', expected: `ARN of a task in ${clusterArn}`, actual: taskArn }]
}

/** The `detail` of an event. */
export const wireTask = consistent(claimed.task, strayArns)

/** A task in a DescribeTasks response. */
export const describedTask = consistent(answered.task, strayArns)
