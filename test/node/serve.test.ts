import { connect } from 'node:net'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Issuer } from '../../src/issuer.ts'
import type { LogEntry } from '../../src/log.ts'
import { type Served, serve } from '../../src/node/index.ts'
import { ISSUER, testIssuer, tokenRequest } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { askPort } from '../parties/serve_process.ts'

const running: Served[] = []

/** Something that answers, in place of an issuer: what is served is none of a server's business. */
function answering(text: string, more: (app: Hono) => unknown = () => undefined): Issuer {
  const app = new Hono()
  more(app)
  return app.get('/', (c) => c.text(text)) as unknown as Issuer
}

async function start(issuer: () => Issuer | Promise<Issuer>, log: LogEntry[] = []): Promise<Served> {
  const served = await serve({ issuer, port: 0, host: '127.0.0.1', log: (entry) => log.push(entry) })
  running.push(served)
  return served
}

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(running.splice(0).map((served) => served.close()))
})

const ask = async ({ port }: Served): Promise<string> => (await askPort(port, '/')).text

describe('serve', () => {
  it('serves what was read last, however long what was read before takes; and what is wrong leaves what was there', async () => {
    let settle: (issuer: Issuer) => void = () => undefined
    const slow = new Promise<Issuer>((resolve) => {
      settle = resolve
    })
    const made = [answering('first'), slow, answering('third')]
    const served = await start(() => made.shift() ?? Promise.reject(new TypeError('is wrong')))
    const [second, third] = [served.reload(), served.reload()]
    expect(await ask(served)).toBe('first')
    settle(answering('second'))
    await Promise.all([second, third])
    expect(await ask(served)).toBe('third')
    await expect(served.reload()).rejects.toThrow('is wrong')
    expect(await ask(served)).toBe('third')
  })

  it('makes it anew at SIGHUP, and says what was wrong; at SIGTERM and SIGINT it ends, and leaves no listener behind', async () => {
    const before = (['SIGHUP', 'SIGTERM', 'SIGINT'] as const).map((name) => process.listenerCount(name))
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const log: LogEntry[] = []
      const made = [answering('first'), answering('second')]
      const served = await start(() => made.shift() ?? Promise.reject(new TypeError('is wrong')), log)
      process.emit('SIGHUP')
      await expect.poll(() => log).toHaveLength(1)
      expect(await ask(served)).toBe('second')
      process.emit('SIGHUP')
      await expect.poll(() => log).toHaveLength(2)
      expect(log).toEqual([
        { level: 'info', event: 'settings', detail: 'read anew' },
        {
          level: 'error',
          event: 'settings',
          reason: 'settings_invalid',
          detail: 'is wrong; those of before go on',
        },
      ])
      process.emit(signal)
      await served.ended
      await expect(ask(served)).rejects.toThrow('ECONNREFUSED')
    }
    expect((['SIGHUP', 'SIGTERM', 'SIGINT'] as const).map((name) => process.listenerCount(name))).toEqual(before)
  })

  it('tells of settings that are read anew by whoever goes on: the new ones, or, where those are wrong, the ones before', async () => {
    const told: string[] = []
    const telling = (name: string) =>
      testIssuer({
        onEvent: ({ type, method, reason, source }) =>
          void told.push([name, type, method, reason, source].filter(Boolean).join(' ')),
      })
    const made = [telling('first'), telling('second')]
    const served = await start(() => made.shift() ?? Promise.reject(new TypeError('is wrong')))
    await served.reload()
    await expect(served.reload()).rejects.toThrow('is wrong')
    await served.close()
    expect(told).toEqual([
      `second settings.loaded file ${ISSUER}`,
      `second settings.refused file settings_invalid ${ISSUER}`,
    ])
  })

  it('has handed over at its end what waits to be told', async () => {
    const steps: string[] = []
    let settle: () => void = () => undefined
    const taking = new Promise<void>((resolve) => {
      settle = resolve
    })
    const served = await start(() =>
      testIssuer({
        scheme: () => 'https',
        async onEvent({ type }) {
          await taking
          steps.push(type)
        },
      }),
    )
    const { authorization = '' } = Object.fromEntries(tokenRequest().headers)
    const headers = { host: new URL(ISSUER).host, authorization }
    const form = { grant_type: 'client_credentials', resource: 'https://api1.example' }
    expect((await askPort(served.port, '/token', { headers, form })).status).toBe(200)
    process.emit('SIGTERM')
    const ended = served.ended.then(() => steps.push('ended'))
    await expect.poll(() => askPort(served.port, '/').catch(() => 'away')).toBe('away')
    settle()
    await ended
    expect(steps).toEqual(['token.issued', 'ended'])
  })

  it('lets what was begun end by what it began with, while another takes its place', async () => {
    let settle: () => void = () => undefined
    const waiting = new Promise<void>((resolve) => {
      settle = resolve
    })
    const begun = new Promise<void>((resolve) => {
      const first = answering('first', (app) =>
        app.get('/slow', async (c) => {
          resolve()
          await waiting
          return c.text('first')
        }),
      )
      const made = [first, answering('second')]
      void start(() => made.shift() ?? first)
    })
    await expect.poll(() => running).toHaveLength(1)
    const [served] = running as [Served]
    const slow = askPort(served.port, '/slow')
    await begun
    await served.reload()
    expect(await ask(served)).toBe('second')
    settle()
    expect((await slow).text).toBe('first')
  })

  it('waits at its end for what goes on beside an answer, as a logout that is told to others', async () => {
    const steps: string[] = []
    let settle: () => void = () => undefined
    const telling = new Promise<void>((resolve) => {
      settle = resolve
    })
    const issuer = answering('told', (app) =>
      app.get('/tell', (c) => {
        c.executionCtx.waitUntil(telling.then(() => steps.push('told')))
        c.executionCtx.waitUntil(Promise.reject(new Error('nobody hears')))
        return c.text('told')
      }),
    )
    const served = await start(() => issuer)
    await askPort(served.port, '/tell')
    const closed = served.close().then(() => steps.push('ended'))
    await expect.poll(() => askPort(served.port, '/').catch(() => 'away')).toBe('away')
    settle()
    await closed
    expect(steps).toEqual(['told', 'ended'])
  })

  it('ends after 10 seconds, whatever still runs, and at once where nothing was asked yet', async () => {
    let begin: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const issuer = answering('', (app) =>
      app.get('/never', (c) => {
        begin()
        c.executionCtx.waitUntil(new Promise(() => undefined))
        return new Promise<Response>(() => undefined)
      }),
    )
    const served = await start(() => issuer)
    const never = askPort(served.port, '/never').catch((error: Error) => error.message)
    const silent = connect(served.port, '127.0.0.1')
    const hasEnded = new Promise((resolve) => silent.resume().once('close', resolve))
    await Promise.all([begun, new Promise((resolve) => silent.once('connect', resolve))])
    // Whoever connected later was taken, so the one before was.
    await ask(served)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let isClosed = false
    const closed = served.close().then(() => {
      isClosed = true
    })
    await hasEnded
    await vi.advanceTimersByTimeAsync(9_999)
    // What would have ended it had time to do so.
    await new Promise(setImmediate)
    expect(isClosed).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await closed
    expect(await never).toBe('socket hang up')
  })

  it('says in plain words why nobody can listen there, and listens nowhere where there is no issuer', async () => {
    const served = await start(() => answering(''))
    const again = serve({ issuer: () => answering(''), port: served.port, host: '127.0.0.1' })
    await expect(again).rejects.toThrow(new RangeError(`port ${served.port} is taken`))
    const elsewhere = serve({ issuer: () => answering(''), port: 0, host: '192.0.2.1' })
    await expect(elsewhere).rejects.toThrow(new RangeError('nobody can listen at 192.0.2.1, port 0: EADDRNOTAVAIL'))
    const none = serve({ issuer: () => Promise.reject(new TypeError('is wrong')), port: 0 })
    await expect(none).rejects.toThrow('is wrong')
  })

  it('logs a client that breaks off in the midst of its body in one line without a place of ours', async () => {
    const log: LogEntry[] = []
    const issuer = testIssuer({ issuer: 'http://localhost', log: (entry) => log.push(entry) })
    const served = await start(() => issuer)
    for (const head of ['content-length: 100\r\n\r\ngrant_', 'transfer-encoding: chunked\r\n\r\n6\r\ngrant_\r\n']) {
      const socket = connect(served.port, '127.0.0.1')
      const type = 'content-type: application/x-www-form-urlencoded'
      socket.write(`POST /token HTTP/1.1\r\nhost: localhost\r\n${type}\r\n${head}`)
      await ask(served)
      socket.resetAndDestroy()
      await expect.poll(() => log).toHaveLength(1)
      expect(bareLine(log.pop())).toEqual({
        level: 'warn',
        event: 'request',
        code: 'invalid_request',
        detail: 'the body broke off',
      })
    }
  })

  // promise: N04
  it('takes headers of 32 KB: a login under way and what people allowed want more than the 16 KB of Node', async () => {
    const served = await start(() => answering('taken'))
    const answers = await Promise.all(
      [30_000, 40_000].map((length) => askPort(served.port, '/', { headers: { cookie: 'x'.repeat(length) } })),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 431])
  })
})

describe('serve with a bound', () => {
  /** Something that answers when it is let; it counts what has come to it. */
  function holding() {
    let settle: () => void = () => undefined
    const waiting = new Promise<void>((resolve) => {
      settle = resolve
    })
    let come = 0
    const issuer = answering('free', (app) =>
      app
        .post('/token', async (c) => {
          come++
          await waiting
          return c.text('done')
        })
        .get('/healthz', (c) => c.text('well')),
    )
    return { issuer, settle, come: () => come }
  }
  const bounded = async (issuer: Issuer, log: LogEntry[] = []): Promise<Served> => {
    const served = await serve({
      issuer: () => issuer,
      port: 0,
      host: '127.0.0.1',
      concurrency: 3,
      log: (entry) => log.push(entry),
    })
    running.push(served)
    return served
  }
  const form = { grant_type: 'client_credentials' }

  // promise: O11
  it('turns away what is too much before anything is done for it, says so once, tells how it is, and takes more as soon as there is room', async () => {
    const log: LogEntry[] = []
    const { issuer, settle, come } = holding()
    const { port } = await bounded(issuer, log)
    const begun = Array.from({ length: 3 }, () => askPort(port, '/token', { form }))
    await expect.poll(come).toBe(3)
    for (let times = 0; times < 5; times++) {
      const { status, headers, text } = await askPort(port, '/token', { form })
      expect([
        status,
        headers['retry-after'],
        headers['cache-control'],
        headers['x-content-type-options'],
        // What binds a host, and for how long, is the operator's to say.
        headers['strict-transport-security'],
        text,
      ]).toEqual([
        503,
        '1',
        'no-store',
        'nosniff',
        undefined,
        '{"error":"temporarily_unavailable","error_description":"The server cannot serve this now; try again later."}',
      ])
    }
    expect(await askPort(port, '/healthz')).toMatchObject({ status: 200, text: 'well' })
    settle()
    for (const one of await Promise.all(begun)) expect(one.text).toBe('done')
    expect((await askPort(port, '/token', { form })).text).toBe('done')
    expect([come(), log.length, log[0]]).toMatchObject([4, 1, { level: 'warn', event: 'concurrency' }])
  })

  it('counts what fails as done, and so who goes away', async () => {
    const gone = answering('free', (app) =>
      app
        .get('/fails', () => {
          throw new Error('it fails')
        })
        .post('/reads', async (c) => c.text(await c.req.text())),
    )
    const { port } = await bounded(gone)
    for (let times = 0; times < 5; times++) expect((await askPort(port, '/fails')).status).toBe(500)
    for (let times = 0; times < 5; times++) {
      const socket = connect(port, '127.0.0.1')
      await new Promise((resolve) => socket.once('connect', resolve))
      await new Promise((resolve) =>
        socket.write('POST /reads HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf', resolve),
      )
      socket.destroy()
    }
    const ask = async (): Promise<string> => (await askPort(port, '/')).text
    await expect.poll(ask).toBe('free')
  })

  it.each([0, -1, 1.5, Number.NaN, '3' as never])(
    'is refused where it is no number from 1 on: %s',
    async (concurrency) => {
      const asked = serve({ issuer: () => answering('x'), port: 0, host: '127.0.0.1', concurrency })
      await expect(asked).rejects.toThrow('"concurrency" expected an integer')
    },
  )
})
