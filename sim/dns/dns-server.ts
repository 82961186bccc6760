import {
  decode,
  type DecodedPacket,
  encode,
  type OptAnswer,
  type Packet,
  type Question,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { type DnsAnswer, rcode } from './dns-answer.js'
import type { NameServers } from './name-servers.js'

/** The running server. */
export interface DnsServer extends NameServers {
  close(): Promise<void>
}

const host = '127.0.0.1'

/** The largest UDP response for a client that states no size (RFC 1035, 4.2.1), and our own limit. */
const smallest = 512
const largest = 4096

/** Answers every question with `answer`. Packets that are not questions are ignored. */
export const dnsServer = async (answer: (question: Question) => DnsAnswer): Promise<DnsServer> => {
  const asked = { udp: 0, tcp: 0 }
  const { tcp, udp, port } = await listening()
  const connections = new Set<Socket>()

  udp.on('message', (message, { address, port: from }) => {
    const query = queryIn(message)
    if (query === undefined) return
    asked.udp++
    udp.send(fitting(responseTo(query, answer), limitOf(query)), from, address)
  })

  tcp.on('connection', (socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
    // A client that disconnects affects no others.
    socket.on('error', () => socket.destroy())
    let received = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const query = queryIn(received.subarray(2, end))
        received = received.subarray(end)
        if (query === undefined) {
          socket.destroy()
          return
        }
        asked.tcp++
        socket.write(framed(encode(responseTo(query, answer))))
      }
    })
  })

  return {
    host,
    port,
    address: `${host}:${port}`,
    questions: asked,
    close: async () => {
      for (const socket of connections) socket.destroy()
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise<void>((resolve, reject) => tcp.close((error) => (error ? reject(error) : resolve()))),
      ])
    },
  }
}

/** A port that is free for both UDP and TCP. */
const listening = async (): Promise<{ tcp: Server; udp: UdpSocket; port: number }> => {
  for (;;) {
    const tcp = createServer().listen(0, host)
    await once(tcp, 'listening')
    const { port } = tcp.address() as AddressInfo
    const udp = createSocket('udp4')
    udp.bind(port, host)
    try {
      await once(udp, 'listening')
      return { tcp, udp, port }
    } catch {
      // In use for UDP: try the next one.
      udp.close()
      tcp.close()
    }
  }
}

const queryIn = (message: Buffer): DecodedPacket | undefined => {
  try {
    const packet = decode(message)
    return packet.flag_qr ? undefined : packet
  } catch {
    return undefined
  }
}

const optionsIn = (query: DecodedPacket): OptAnswer | undefined =>
  query.additionals?.find((record): record is OptAnswer => record.type === 'OPT')

const limitOf = (query: DecodedPacket): number =>
  Math.min(largest, Math.max(smallest, optionsIn(query)?.udpPayloadSize ?? smallest))

const responseTo = (query: DecodedPacket, answer: (question: Question) => DnsAnswer): Packet => {
  const [question, ...others] = query.questions ?? []
  const opcode = ((query.flags ?? 0) >> 11) & 15
  const {
    flags = 0,
    additionals = [],
    ...sections
  } = opcode !== 0
    ? { flags: rcode.notImplemented }
    : question === undefined || others.length > 0
      ? { flags: rcode.formatError }
      : answer(question)
  const options = optionsIn(query)
  return {
    type: 'response',
    id: query.id,
    flags: flags | ((query.flags ?? 0) & RECURSION_DESIRED),
    questions: query.questions,
    ...sections,
    additionals: [...additionals, ...(options === undefined ? [] : [ownOptions])],
  }
}

const ownOptions: OptAnswer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: largest,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

/** Without the additional records, if that helps; otherwise empty, with the bit that sends the client to TCP. */
const fitting = (response: Packet, limit: number): Buffer => {
  const whole = encode(response)
  if (whole.length <= limit) return whole
  const options = response.additionals?.filter(({ type }) => type === 'OPT')
  const shorter = encode({ ...response, additionals: options })
  if (shorter.length <= limit) return shorter
  return encode({
    ...response,
    flags: (response.flags ?? 0) | TRUNCATED_RESPONSE,
    answers: [],
    authorities: [],
    additionals: options,
  })
}

const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
