/**
 * A crowd in a process of its own: requests come at a rate that does not hang on the answers, over connections that stay
 * open.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { type Load, readAnswer, requestOf } from '../load.ts'
import { arrivalsOf, createSchedule, percentile } from './schedule.ts'

/** Who comes. */
export interface Crowd extends Pick<Load, 'port' | 'connections' | 'path' | 'headers' | 'bodies'> {
  /** Requests a second, on average. */
  readonly rate: number
  readonly seconds: number
}

/** How long they waited, in milliseconds. */
export interface Waited {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly count: number
  /** Answers whose status was not 200. */
  readonly failed: number
}

/** Seconds after which nobody is waited for any more who came in the last. */
const PATIENCE = 20

async function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Opens connections a few at a time: more than a server's backlog are turned away. */
async function openAll({ port, connections }: Crowd): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < connections) {
    const some = Math.min(50, connections - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => open(port)))))
  }
  return sockets
}

async function send(crowd: Crowd): Promise<Waited> {
  const { rate, seconds, connections, bodies } = crowd
  const requests = bodies.map((body) => requestOf(crowd, body))
  const sockets = await openAll(crowd)
  const arrivals = arrivalsOf(rate, seconds * 1000)
  const schedule = createSchedule(arrivals, connections)
  let [sent, failed] = [0, 0]
  const begun = performance.now()
  const now = (): number => performance.now() - begun
  await new Promise<void>((resolve, reject) => {
    for (const [connection, socket] of sockets.entries()) {
      let received = ''
      socket.setEncoding('latin1')
      socket.on('close', () => reject(new Error('the server closed a connection')))
      socket.on('data', (chunk: string) => {
        received += chunk
        const answer = readAnswer(received)
        if (answer === undefined) return
        received = ''
        if (answer.status !== '200') failed++
        schedule.answered(connection, now())
      })
    }
    // Timers are late by a millisecond, in which several come: this process has nothing else to do but to look.
    const look = (): void => {
      for (let to = schedule.next(now()); to !== undefined; to = schedule.next(now()))
        sockets[to]?.write(requests[sent++ % requests.length] ?? '')
      if (schedule.isOver()) resolve()
      else if (now() > (seconds + PATIENCE) * 1000) reject(new Error(`${rate} a second are more than it can answer`))
      else setImmediate(look)
    }
    look()
  })
  for (const socket of sockets) {
    socket.removeAllListeners('close')
    socket.destroy()
  }
  const { waits } = schedule
  const [p50, p95, p99] = [50, 95, 99].map((of) => percentile(waits, of)) as [number, number, number]
  return { p50, p95, p99, count: waits.length, failed }
}

/** Lets a crowd come, in a process of its own, and tells how long it waited. */
export function letCome(crowd: Crowd): Promise<Waited> {
  const child = fork(import.meta.filename, ['come'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the crowd ended')))
    child.once('message', (said) => {
      const waited = said as Waited & { readonly error?: string }
      if (waited.error === undefined) resolve(waited)
      else reject(new Error(waited.error))
      child.disconnect()
    })
    child.send(crowd)
  })
}

if (process.argv[2] === 'come') {
  process.once('message', (crowd) => {
    send(crowd as Crowd).then(
      (waited) => process.send?.(waited),
      (error: Error) => process.send?.({ error: error.message }),
    )
  })
}
