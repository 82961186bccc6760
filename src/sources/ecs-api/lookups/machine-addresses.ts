import type { Addresses } from '../../../core/addresses.js'
import type { Machine } from '../../../core/machine.js'
import { ipv6Address, isIpv4Address, isLoopback } from '../../ecs-events/ip-address.js'

export interface AddressedMachine {
  readonly machine: Machine
  readonly addresses: Addresses
}

/** By machine id: `i-…` of EC2, `mi-…` of Systems Manager. Machines that are unknown or have no address are missing. */
export type AddressesById = ReadonlyMap<string, AddressedMachine>

/** Maximum length of a text, longer than any name in AWS. */
const mostText = 255

/** AWS sends an empty text for what a machine does not have. Long or malformed texts are not names. */
export const plausibleText = (text: string | undefined): string | undefined =>
  text === undefined || text === '' || text.length > mostText || /\p{Surrogate}/u.test(text)
    ? undefined
    : text

export const ipv4Of = (text: string | undefined): string | undefined =>
  text !== undefined && (isIpv4Address(text) || isLoopback(text)) ? text : undefined

export const ipv6Of = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : ipv6Address(text)

/** Which addresses of a machine to use. IPv6 addresses count as both private and public. */
export type AddressKind = 'private' | 'public'
