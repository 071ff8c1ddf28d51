/**
 * Servers on this machine that are reached by https: with a certificate of their own, which nobody trusts who was not told to.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key. */
export interface OwnCertificate {
  /** Where the certificate stands, for `NODE_EXTRA_CA_CERTS`. */
  readonly file: string
  readonly cert: string
  readonly key: string
}

/** Makes a certificate for these names, and for this machine. */
export function makeCertificate(...names: readonly string[]): OwnCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-certificate-'))
  const [file, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const alternatives = [...names, 'localhost'].map((name) => `DNS:${name}`).join(',')
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bulla-test
    -keyout ${keyFile} -out ${file} -addext subjectAltName=${alternatives},IP:127.0.0.1,IP:::1`
  execFileSync('openssl', args.split(/\s+/), { stdio: 'ignore' })
  return { file, cert: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

/** A server that runs. */
export interface HttpsServer {
  readonly port: number
  /** What was asked of it. */
  readonly requests: readonly IncomingMessage[]
  /** How often it was connected to. */
  connections(): number
  /** The names that it was called by in the handshakes. */
  readonly names: readonly (string | undefined)[]
  stop(): Promise<void>
}

/** Starts a server on a port that nobody has. */
export async function startHttpsServer({ cert, key }: OwnCertificate, listener: RequestListener): Promise<HttpsServer> {
  const requests: IncomingMessage[] = []
  const names: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(request)
    listener(request, response)
  })
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', ({ servername }) => names.push(servername || undefined))
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    names,
    connections: () => connections,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
