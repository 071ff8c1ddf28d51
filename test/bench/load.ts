/**
 * A load generator in a process of its own: it sends requests over connections that stay open, the next on each as soon as
 * the answer to the last is there, and tells how long all of them took.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'

/** What is sent. */
export interface Load {
  readonly port: number
  /** Ports of others that do the same: the connections are spread over all. Default: none. */
  readonly others?: readonly number[]
  readonly connections: number
  readonly times: number
  /** The request, as it goes over the wire; `{n}` in the bodies' list is the next of `bodies`, each used once. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The bodies, by turns. */
  readonly bodies: readonly string[]
}

/** What came of it. */
export interface Loaded {
  readonly nanoseconds: number
  /** Answers whose status was not 200. */
  readonly failed: number
  /** The last one. */
  readonly answer: string
  /** Its headers, but for what the server adds to each. */
  readonly headers: Readonly<Record<string, string>>
}

/** Returns a request, as it goes over the wire. */
export function requestOf({ port, path, headers }: Pick<Load, 'port' | 'path' | 'headers'>, body: string): string {
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const host = headers['host'] === undefined ? `host: 127.0.0.1:${port}\r\n` : ''
  return `POST ${path} HTTP/1.1\r\n${host}${head}\r\n${body}`
}

/** Reads one answer off a connection; nothing where it has not come whole. */
export function readAnswer(
  received: string,
): { readonly status: string; readonly head: string; readonly body: string } | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const head = received.slice(0, end).toLowerCase()
  const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1]
  const body = received.slice(end + 4)
  if (length === undefined ? !body.endsWith('0\r\n\r\n') : Buffer.byteLength(body) < Number(length)) return undefined
  return { status: head.slice(9, 12), head: received.slice(0, end), body }
}

function headersOf(head: string): Readonly<Record<string, string>> {
  const lines = head.split('\r\n').slice(1)
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)
  return Object.fromEntries(
    pairs.filter(([name]) => !['content-length', 'transfer-encoding', 'date'].includes(name.toLowerCase())),
  )
}

async function send(load: Load): Promise<Loaded> {
  const requests = load.bodies.map((body) => requestOf(load, body))
  const ports = [load.port, ...(load.others ?? [])]
  const sockets = await Promise.all(
    Array.from(
      { length: load.connections },
      (_, index) =>
        new Promise<Socket>((resolve, reject) => {
          const port = ports[index % ports.length] ?? load.port
          const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
          socket.on('error', reject)
        }),
    ),
  )
  let [sent, failed, head, answer] = [0, 0, '', '']
  const start = process.hrtime.bigint()
  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let received = ''
      const next = (): void => {
        if (sent >= load.times) resolve()
        else socket.write(requests[sent++ % requests.length] ?? '')
      }
      socket.setEncoding('latin1')
      socket.on('close', () => reject(new Error('the server closed the connection')))
      socket.on('data', (chunk: string) => {
        received += chunk
        const read = readAnswer(received)
        if (read === undefined) return
        received = ''
        head = read.head
        answer = read.body
        if (read.status !== '200') failed++
        next()
      })
      next()
    })
  await Promise.all(sockets.map(drive))
  const nanoseconds = Number(process.hrtime.bigint() - start)
  for (const socket of sockets) {
    socket.removeAllListeners('close')
    socket.destroy()
  }
  return { nanoseconds, failed, answer, headers: headersOf(head) }
}

/** The load generator, as the benchmark has it. */
export interface LoadGenerator {
  send(load: Load): Promise<Loaded>
  stop(): void
}

/** Starts the load generator. */
export function startLoadGenerator(): LoadGenerator {
  const child = fork(import.meta.filename, ['generate'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    send(load) {
      return new Promise((resolve, reject) => {
        const onExit = (): void => reject(new Error('the load generator ended'))
        child.once('exit', onExit)
        child.once('message', (said) => {
          child.off('exit', onExit)
          const loaded = said as Loaded & { readonly error?: string }
          if (loaded.error === undefined) resolve(loaded)
          else reject(new Error(loaded.error))
        })
        child.send(load)
      })
    },
    stop: () => child.disconnect(),
  }
}

if (process.argv[2] === 'generate') {
  process.on('message', (load) => {
    send(load as Load).then(
      (loaded) => process.send?.(loaded),
      (error: Error) => process.send?.({ error: error.message }),
    )
  })
}
