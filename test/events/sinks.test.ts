import { afterEach, describe, expect, it, vi } from 'vitest'
import { createEvents } from '../../src/events/events.ts'
import { writeEvent } from '../../src/events_on_workers.ts'
import { createIssuer, type IssuerEvent, type LogEntry, type OnEvent, readBindings } from '../../src/index.ts'
import { basic, ISSUER, NOW, testIssuer, testSettings, tokenRequest } from '../fixtures.ts'
import { formRequest } from '../parties/servers.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`

/** What is asked of an issuer; each answer is the same each time, but for the token in the last. */
const asked = (): readonly Request[] => [
  tokenRequest({ headers: { traceparent, authorization: basic('service', 'wrong') } }),
  tokenRequest({ headers: { traceparent }, form: { grant_type: 'nonsense' } }),
  formRequest('/introspect', 'api-server', { token: 'x' }, { traceparent }),
  formRequest('/introspect', undefined, { token: 'x' }, { traceparent }),
  formRequest('/revoke', 'service', { token: 'x' }, { traceparent }),
  new Request(`${ISSUER}/keys?resource=https://api1.example`, {
    headers: { traceparent, authorization: basic('api-server', 'api-server-secret') },
  }),
  tokenRequest({ headers: { traceparent } }),
]

/** Returns all that is answered, to the byte; a token as its length alone. */
async function answersOf(onEvent: OnEvent | undefined, log: LogEntry[] = []): Promise<readonly string[]> {
  const issuer = testIssuer({ ...(onEvent && { onEvent }), log: (entry) => void log.push(entry) })
  const told: string[] = []
  for (const request of asked()) {
    const answer = await issuer.fetch(request)
    const body = (await answer.text()).replace(/"access_token":"([^"]+)"/, (_, token) => `a token of ${token.length}`)
    told.push(JSON.stringify([answer.status, [...answer.headers], body]))
  }
  return told
}

const tell = (onEvent: OnEvent, log: LogEntry[] = []) =>
  createEvents({
    ...{ source: ISSUER, onEvent, clock: () => NOW * 1000, nameSubject: () => undefined },
    log: (entry) => void log.push(entry),
  })

describe('who takes events', () => {
  afterEach(() => void vi.useRealTimers())

  it.each<[string, OnEvent]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['fails later', () => Promise.reject(new Error('down'))],
    ['never comes to an end', () => new Promise(() => {})],
    ['is slow', () => new Promise((resolve) => setTimeout(resolve, 50))],
    [
      'keeps the machine busy',
      () => {
        for (const end = performance.now() + 5; performance.now() < end; );
      },
    ],
    ['turns the event into something else', (event) => void Object.assign(event, { id: 'x', client: 'y' })],
    // promise: O01
  ])('and %s changes no answer, not by a byte', async (_, onEvent) => {
    expect(await answersOf(onEvent)).toEqual(await answersOf(undefined))
  })

  it('is told when the answer is there, and not before', async () => {
    const order: string[] = []
    const issuer = testIssuer({ onEvent: () => void order.push('event') })
    await issuer.fetch(tokenRequest())
    order.push('answer')
    await expect.poll(() => order).toEqual(['answer', 'event'])
  })

  it('and loses a thousand is said to do so in one line, and in another with the next', async () => {
    const log: LogEntry[] = []
    const events = tell(() => Promise.reject(new Error('down')), log)
    for (let count = 0; count < 1000; count++) events.tell('token.issued')
    await vi.waitFor(() => expect(log).toHaveLength(1))
    expect(log[0]).toMatchObject({ level: 'warn', event: 'events' })
    await new Promise((resolve) => setTimeout(resolve))
    expect(log).toHaveLength(1)
    events.tell('token.issued')
    await vi.waitFor(() => expect(log).toHaveLength(2))
  })

  it('is told also where the hook fails that names credentials: without them, and the log says so', async () => {
    const [told, log]: [IssuerEvent[], LogEntry[]] = [[], []]
    const issuer = testIssuer({
      credentials() {
        throw new Error('secret')
      },
      onEvent: (event) => void told.push(event),
      log: (entry) => void log.push(entry),
    })
    await issuer.fetch(new Request(`${ISSUER}/authorize?client_id=web`))
    await expect.poll(() => told).toHaveLength(1)
    expect(told[0]).toMatchObject({ type: 'authorization.refused', client: 'web' })
    expect(told[0]).not.toHaveProperty('credentials')
    expect(log).toContainEqual(expect.objectContaining({ level: 'warn', event: 'events' }))
    expect(JSON.stringify(log)).not.toContain('secret')
  })

  // promise: O01
  it('and hangs has lost the event after ten seconds: nothing piles up behind it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const log: LogEntry[] = []
    const kept: Promise<unknown>[] = []
    const events = tell(() => new Promise(() => {}), log)
    const waitUntil = (promise: Promise<unknown>): void => void kept.push(promise)
    await events.within({ headers: new Headers(), waitUntil }, async () => events.tell('token.issued'))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(log).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(log).toHaveLength(1)
    await Promise.all(kept)
  })

  it('has a worker awake until it is done, however the platform keeps one', async () => {
    const kept: Promise<unknown>[] = []
    let isDone = false
    const onEvent = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      isDone = true
    }
    const execution = {
      waitUntil: (promise: Promise<unknown>) => void kept.push(promise),
      passThroughOnException: () => {},
      props: {},
    }
    await testIssuer({ onEvent }).fetch(tokenRequest(), {}, execution)
    await Promise.all(kept)
    expect(isDone).toBe(true)
  })
})

describe('where EVENTS sends them', () => {
  /** Asks an issuer with this binding for a token, and waits until its event has gone. */
  async function askWith(EVENTS: unknown): Promise<void> {
    const kept: Promise<unknown>[] = []
    const { onEvent } = readBindings({ ISSUER, EVENTS } as never)
    const issuer = createIssuer(testSettings(onEvent && { onEvent }))
    const waitUntil = (promise: Promise<unknown>): void => void kept.push(promise)
    const headers = { 'cf-ray': '8f0b1d2e3c4a5b6c-FRA' }
    await issuer.fetch(tokenRequest({ headers }), {}, { waitUntil, passThroughOnException: () => {}, props: {} })
    await Promise.all(kept)
  }
  const EVENT = { type: 'token.issued', outcome: 'ok', client: 'service', colo: 'FRA' }

  it('is the console, where nothing is said: a line of JSON each', async () => {
    const console = vi.spyOn(globalThis.console, 'log').mockImplementation(() => {})
    await askWith(undefined)
    const lines = console.mock.calls.map(([line]) => JSON.parse(line) as IssuerEvent)
    console.mockRestore()
    expect(lines).toEqual([expect.objectContaining(EVENT)])
  })

  it('is the console, where nothing that somebody is called does anything to a terminal, and the line says the same', () => {
    const console = vi.spyOn(globalThis.console, 'log').mockImplementation(() => {})
    const hostile = 'a\u009b2J\u202e\u{e0041}\u2028é'
    void writeEvent({
      ...({ id: 'i', time: 't', source: ISSUER, type: 'token.issued', outcome: 'ok' } as const),
      acr: hostile,
    })
    const [[line] = []] = console.mock.calls
    console.mockRestore()
    expect(line).not.toMatch(/[\p{C}\p{Zl}]/u)
    expect(line).toContain('é')
    expect(JSON.parse(String(line))).toMatchObject({ acr: hostile })
  })

  it('is nowhere with "none"', async () => {
    const console = vi.spyOn(globalThis.console, 'log').mockImplementation(() => {})
    await askWith('none')
    const { calls } = console.mock
    console.mockRestore()
    expect(calls).toEqual([])
  })

  it('is a Queue, a message each', async () => {
    const sent: unknown[] = []
    await askWith({ send: async (message: unknown) => void sent.push(message) })
    expect(sent).toEqual([expect.objectContaining(EVENT)])
  })

  it('is a dataset of Analytics Engine, a row each', async () => {
    const rows: unknown[] = []
    await askWith({ writeDataPoint: (row: unknown) => void rows.push(row) })
    expect(rows).toEqual([
      {
        indexes: ['token.issued'],
        blobs: ['ok', '', 'service', 'client_credentials', 'https://api1.example', 'FRA'],
        doubles: [1, 0],
      },
    ])
  })

  it.each([
    ['none of our names', 'queue'],
    [{}, {}],
    [1, 1],
  ])('is refused as %j', (_, EVENTS) => {
    expect(() => readBindings({ ISSUER, EVENTS } as never)).toThrow('"EVENTS" expected a Queue')
  })
})
