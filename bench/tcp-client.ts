import { connect, type Socket } from 'node:net'

/** A client that asks for `size` bytes with as many, over one connection. */
export class TcpClient {
  private missing = 0
  private got: () => void = () => undefined
  private lost: (error: Error) => void = () => undefined
  private readonly request: Buffer

  private constructor(
    private readonly socket: Socket,
    private readonly size: number,
  ) {
    this.request = Buffer.alloc(size, 'q')
    socket.on('data', (chunk) => {
      this.missing -= chunk.length
      if (this.missing <= 0) this.got()
    })
    socket.on('error', (error) => this.lost(error))
  }

  static open(port: number, size: number): Promise<TcpClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new TcpClient(socket, size))
      })
    })
  }

  ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.missing = this.size
      this.got = resolve
      this.lost = reject
      this.socket.write(this.request)
    })
  }

  close(): void {
    this.socket.destroy()
  }
}
