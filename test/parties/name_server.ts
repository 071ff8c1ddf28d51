/**
 * A name server on this machine, which answers as it is told to, by the wire's own format (RFC 1035 §4).
 *
 * @module
 */

import { createSocket } from 'node:dgram'
import { isIPv4, SocketAddress } from 'node:net'

/** A name server that runs. */
export interface NameServer {
  /** Where it is asked. */
  readonly address: string
  /** What it was asked: a type and a name each. */
  readonly questions: readonly string[]
  stop(): Promise<void>
}

/** Returns the bytes of an address. */
function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const { address: full } = new SocketAddress({ address, family: 'ipv6' })
  const [head = '', tail] = full.split('::')
  const groups = (part: string): readonly string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0')
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/**
 * Starts a name server.
 *
 * @param answer tells the addresses of a name, each time that it is asked for those of a kind; `undefined` is no answer at all
 */
export async function startNameServer(
  answer: (name: string, type: 'A' | 'AAAA') => readonly string[] | undefined,
): Promise<NameServer> {
  const questions: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { address, port }) => {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.subarray(at + 1, at + 1 + length).toString())
      at += 1 + length
    }
    const question = query.subarray(12, at + 5)
    const type = query.readUInt16BE(at + 1) === 28 ? 'AAAA' : 'A'
    const name = labels.join('.').toLowerCase()
    questions.push(`${type} ${name}`)
    const found = answer(name, type)
    if (found === undefined) return
    const records = found.map((one) => {
      const bytes = bytesOf(one)
      const head = Buffer.from([0xc0, 12, 0, type === 'AAAA' ? 28 : 1, 0, 1, 0, 0, 0, 0, 0, bytes.length])
      return Buffer.concat([head, bytes])
    })
    const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
    query.copy(header, 0, 0, 2)
    socket.send(Buffer.concat([header, question, ...records]), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}
