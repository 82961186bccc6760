import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** What a topic signs with, and what its certificate tells. */
export interface SigningKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const signingKeys = (): SigningKeys => generateKeyPairSync('rsa', { modulusLength: 2048 })

let shared: SigningKeys | undefined

/** One pair for the whole process, generated at the first call. */
export const sharedKeys = (): SigningKeys => (shared ??= signingKeys())
