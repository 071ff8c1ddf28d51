/**
 * What a server takes for a connection by TLS of its own for each request: Keycloak's figure has that in it, and ours has not, since a
 * proxy ends TLS.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '../../parties/https_server.ts'
import { cpuSecondsOf } from './resources.ts'

/** Connections at the same time. */
const AT_ONCE = 4

function connectOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', agent: false, rejectUnauthorized: false }
    const asked = request(options, (answer) => answer.resume().once('end', resolve))
    asked.once('error', reject).end()
  })
}

/** Returns the seconds of CPU that a server in Node takes for a handshake (TLS 1.3, P-256), with a request and an empty answer. */
export async function handshakeSeconds(times: number): Promise<number> {
  const child = fork(import.meta.filename, ['serve'])
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the server by TLS ended')))
      child.once('message', (said) => resolve(said as number))
    })
    let left = 0
    const goOn = async (): Promise<void> => {
      while (left-- > 0) await connectOnce(port)
    }
    const connectAll = (count: number): Promise<unknown> => {
      left = count
      return Promise.all(Array.from({ length: AT_ONCE }, goOn))
    }
    await connectAll(times)
    const before = cpuSecondsOf(child.pid ?? 0)
    await connectAll(times)
    return (cpuSecondsOf(child.pid ?? 0) - before) / times
  } finally {
    child.removeAllListeners('exit')
    child.disconnect()
  }
}

if (process.argv[2] === 'serve') {
  const { cert, key } = makeCertificate()
  const server = createServer({ cert, key }, (_, answer) => answer.end())
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.on('disconnect', () => process.exit())
}
