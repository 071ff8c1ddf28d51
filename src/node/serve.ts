/**
 * An issuer behind Node's own server: what comes is finished before it ends, and its settings can be read anew while it runs.
 *
 * @module
 */

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Http2Bindings, type HttpBindings, serve as serveBy } from '@hono/node-server'
import { checkInteger } from '../../keys/check.ts'
import { eventsOf } from '../events/events_of.ts'
import { answerBusy } from '../http/respond.ts'
import type { Issuer } from '../issuer.ts'
import { type Log, writeLog } from '../log.ts'
import type { Reason } from '../protocol/reasons.ts'

/** Bytes of headers that Node takes: a login under way and what people allowed want more than its own 16 KB. */
const HEADER_BYTES = 32_768

/** Milliseconds that a connection waits for its next request: longer than a proxy keeps one, or it would ask at one that closes. */
const KEEP_ALIVE = 130_000

/** Milliseconds in which a request has come whole, or it is 408: one that drips would keep its place. */
const WHOLE = 10_000

/** Milliseconds between two looks at which requests have not. */
const LOOK = 1_000

/** Milliseconds that requests have to finish. */
const FINISH = 10_000

/** Why settings that are read anew do not take the place of others. */
const INVALID: Reason = 'settings_invalid'

/** What is served. */
export interface ServeOptions {
  /** Makes the issuer, or an app of which it is a part: at the start, and again at `SIGHUP`. */
  readonly issuer: () => Pick<Issuer, 'fetch'> | Promise<Pick<Issuer, 'fetch'>>
  /** Where to listen; 0 is any port that is free. */
  readonly port: number
  /** By which address. Default: all. */
  readonly host?: string
  /**
   * How many requests may be under way at once: more get 503 with `Retry-After`, before anything is done for them; `/healthz` does not count. Default:
   * any number.
   */
  readonly concurrency?: number
  /** Takes what became of a signal. Default: a line of JSON on the console. */
  readonly log?: Log
}

/** A server that runs. */
export interface Served {
  readonly port: number
  /**
   * Makes the issuer anew, and serves it from then on; what is wrong with it is thrown, and the one before goes on. Whichever goes on tells of it:
   * `settings.loaded`, or `settings.refused`.
   */
  reload(): Promise<void>
  /** Takes nothing more, lets finish what runs, for 10 seconds, and ends. */
  close(): Promise<void>
  /** Is there when it has ended: by `close`, `SIGTERM` or `SIGINT`. */
  readonly ended: Promise<void>
}

/** What goes on beside answers, and is waited for at the end. */
function createPending() {
  const pending = new Set<Promise<unknown>>()
  return {
    execution: {
      waitUntil(promise: Promise<unknown>): void {
        const settled: Promise<void> = promise.then(
          () => void pending.delete(settled),
          () => void pending.delete(settled),
        )
        pending.add(settled)
      },
      passThroughOnException(): void {},
      props: {},
    },
    async settle(): Promise<void> {
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

/** How many are turned away between two lines that say so. */
const TURNED_AWAY_BETWEEN_LINES = 1000

/** A request, and what the server has beside it. */
type Fetch = (request: Request, env: HttpBindings | Http2Bindings) => Response | Promise<Response>

/** Tells whether it is asked how the server is. To parse each URL would cost more. */
function isHealthCheck(url: string): boolean {
  return url.includes('/healthz') && new URL(url).pathname.endsWith('/healthz')
}

/** Returns what answers so many at once, and turns others away: each that waits costs memory, and makes all wait longer. */
function atMostAtOnce(most: number | undefined, answer: Fetch, log: Log): Fetch {
  if (most === undefined) return answer
  checkInteger('concurrency', most, 1)
  let underWay = 0
  let turnedAway = 0
  return async (request, env) => {
    if (isHealthCheck(request.url)) return answer(request, env)
    if (underWay >= most) {
      const detail = `over ${most} requests at once: others get 503; the next 1,000 are not said`
      if (turnedAway++ % TURNED_AWAY_BETWEEN_LINES === 0) log({ level: 'warn', event: 'concurrency', detail })
      return answerBusy()
    }
    underWay++
    try {
      return await answer(request, env)
    } finally {
      underWay--
    }
  }
}

/** Says why nobody can listen there, in words for the operator. */
function refusalOf(error: NodeJS.ErrnoException, port: number, host: string | undefined): Error {
  if (error.code === 'EADDRINUSE') return new RangeError(`port ${port} is taken`)
  if (error.code === 'EACCES') return new RangeError(`port ${port} is not for everybody: take one from 1024 on`)
  return new RangeError(`nobody can listen at ${host ?? 'all addresses'}, port ${port}: ${error.code}`)
}

/** Returns what ends a server when what runs has finished, or its time is over. */
function finisher(server: Server, settle: () => Promise<void>): () => Promise<void> {
  const sockets = new Set<Socket>()
  const answers = new Set<ServerResponse>()
  let isEnding = false
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.prependListener('request', (_, answer) => {
    answers.add(answer)
    answer.once('close', () => {
      answers.delete(answer)
      // Whoever was told before that the connection stays.
      if (isEnding) setImmediate(() => server.closeIdleConnections())
    })
  })
  return async () => {
    isEnding = true
    const closed = new Promise((resolve) => server.close(resolve))
    for (const answer of answers) if (!answer.headersSent) answer.shouldKeepAlive = false
    const busy = new Set([...answers].map(({ socket }) => socket))
    // Of connections by which nothing was asked yet Node itself would wait for the first request.
    for (const socket of sockets) if (!busy.has(socket)) socket.destroy()
    const late = new Promise((resolve) => setTimeout(resolve, FINISH).unref())
    void late.then(() => server.closeAllConnections())
    await closed
    await Promise.race([settle(), late])
  }
}

/**
 * Serves an issuer, until `close`, `SIGTERM` or `SIGINT`; `SIGHUP` makes it anew. Close your guard after `ended`.
 *
 * @throws {TypeError | RangeError} when nobody can listen there, or `concurrency` is no number from 1 on
 * @example
 * import { readFileSync } from 'node:fs'
 * import { createIssuer } from 'bulla'
 * import { openStores, readSettings, serve } from 'bulla/node'
 *
 * const { close, ...stores } = await openStores('sqlite:bulla.sqlite')
 * const settings = () => readSettings(readFileSync('settings.toml', 'utf8'), process.env)
 * const server = await serve({ issuer: () => createIssuer({ ...settings(), ...stores }), port: 8787 })
 * await server.ended
 * await close()
 */
export async function serve({ issuer, port, host, concurrency, log = writeLog }: ServeOptions): Promise<Served> {
  let current = await issuer()
  let isEnding = false
  const { execution, settle } = createPending()
  const answer = atMostAtOnce(concurrency, (request, env) => current.fetch(request, env, execution), log)
  const server = await new Promise<Server>((resolve, reject) => {
    const started = serveBy(
      {
        fetch: answer,
        port,
        ...(host !== undefined && { hostname: host }),
        serverOptions: {
          maxHeaderSize: HEADER_BYTES,
          keepAliveTimeout: KEEP_ALIVE,
          requestTimeout: WHOLE,
          connectionsCheckingInterval: LOOK,
        },
      },
      () => resolve(started),
    ) as Server
    started.once('error', (error) => reject(refusalOf(error, port, host)))
  })
  const finish = finisher(server, settle)

  /** Tells of the settings, as the issuer that goes on tells of all else. */
  function tell(type: 'settings.loaded' | 'settings.refused', reason?: Reason): void {
    const events = eventsOf(current)
    const asked = { headers: new Headers(), waitUntil: execution.waitUntil }
    void events?.within(asked, async () => events.tell(type, { method: 'file', ...(reason && { reason }) }))
  }

  let reloading: Promise<void> = Promise.resolve()
  /** One after the other: what was read first must not take the place of what was read later. */
  function reload(): Promise<void> {
    const next = reloading.then(async () => {
      try {
        current = await issuer()
      } catch (error) {
        tell('settings.refused', INVALID)
        throw error
      }
      tell('settings.loaded')
    })
    reloading = next.catch(() => undefined)
    return next
  }

  async function reloadBySignal(): Promise<void> {
    try {
      await reload()
      log({ level: 'info', event: 'settings', detail: 'read anew' })
    } catch (error) {
      const { message } = error as Error
      log({ level: 'error', event: 'settings', reason: INVALID, detail: `${message}; those of before go on` })
    }
  }

  let tellEnded: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    tellEnded = resolve
  })
  function close(): Promise<void> {
    if (!isEnding) {
      isEnding = true
      void finish().then(() => {
        // Who asks for the end a second time gets it at once.
        for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, close)
        process.off('SIGHUP', reloadBySignal)
        tellEnded()
      })
    }
    return ended
  }
  process.once('SIGTERM', close).once('SIGINT', close).on('SIGHUP', reloadBySignal)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    reload,
    close,
    ended,
  }
}
