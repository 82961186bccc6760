import { type KeyObject, sign } from 'node:crypto'

/** Just enough of X.509 (RFC 5280) in DER for a self-signed certificate with one name. */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const length: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256)
  const head = content.length < 128 ? [content.length] : [0x80 + length.length, ...length]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts)
const objectId = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes))
const bits = (content: Uint8Array): Buffer => der(0x03, Buffer.from([0]), content)

const commonName = objectId(0x55, 0x04, 0x03)
const sha256WithRsa = sequence(
  objectId(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b),
  der(0x05), // NULL: RSA has no parameters.
)
const sha256WithEcdsa = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

const name = (text: string): Buffer => sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))))

/** GeneralizedTime, `YYYYMMDDHHMMSSZ`. */
const time = (at: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)}Z`))

export interface CertificateFacts {
  readonly subject: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
}

/** A certificate in PEM, for a key of RSA or of an elliptic curve. */
export const selfSignedCertificate = ({
  subject,
  privateKey,
  publicKey,
  from,
  to,
}: CertificateFacts): string => {
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? sha256WithRsa : sha256WithEcdsa
  const facts = sequence(
    der(0x02, Buffer.from([1])), // The serial number.
    algorithm,
    name(subject),
    sequence(time(from), time(to)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const certificate = sequence(facts, algorithm, bits(sign('sha256', facts, privateKey)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
