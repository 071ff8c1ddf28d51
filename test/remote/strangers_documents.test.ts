import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFlights, type Flights } from '../../src/remote/public/flights.ts'
import { createStrangersDocuments } from '../../src/remote/public/strangers_documents.ts'
import { NOW } from '../fixtures.ts'

const URL_A = 'https://a.example/app.json'

/** A document: what it is called. */
interface Doc {
  readonly id: string
}

/** Documents, what answers for them, and what was fetched. */
function setUp(flights: Flights = createFlights()) {
  const state = { answer: async (url: string): Promise<Response> => Response.json({ id: url }) }
  const fetched: string[] = []
  let [open, most] = [0, 0]
  const documents = createStrangersDocuments<Doc>({
    flights,
    async fetch(url) {
      fetched.push(url)
      most = Math.max(most, ++open)
      try {
        return await state.answer(url)
      } finally {
        open--
      }
    },
    read({ id }) {
      if (typeof id !== 'string') throw new RangeError('"id" expected a text')
      return { id }
    },
  })
  return { documents, state, fetched, most: () => most }
}

/** An answer that is held back until it is let go. */
function heldBack() {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  return { gate, letGo: () => letGo() }
}

const answerOf =
  (body: string, headers: Record<string, string> = {}, status = 200) =>
  async () =>
    new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } })

describe('a document of strangers', () => {
  it('is fetched once for all who ask, and again when its time is over', async () => {
    const { documents, fetched, state } = setUp()
    state.answer = answerOf('{"id":"one"}', { 'cache-control': 'max-age=120' })
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => documents.get(URL_A, { now: NOW + (n % 2) })))
    expect(all.every((told) => told.ok && told.document.id === 'one')).toBe(true)
    expect(fetched).toEqual([URL_A])
    await documents.get(URL_A, { now: NOW + 119 })
    expect(fetched).toHaveLength(1)
    await documents.get(URL_A, { now: NOW + 121 })
    expect(fetched).toHaveLength(2)
  })

  it.each<[string, () => Promise<Response>, 'wrong' | 'unreachable']>([
    ['is not there', answerOf('', {}, 404), 'wrong'],
    ['redirects', answerOf('', { location: URL_A }, 302), 'wrong'],
    ['is HTML', answerOf('{"id":"a"}', { 'content-type': 'text/html' }), 'wrong'],
    ['is no JSON', answerOf('{"id":'), 'wrong'],
    ['is no object', answerOf('["a"]'), 'wrong'],
    ['says a thing twice', answerOf('{"id":"a","id":"b"}'), 'wrong'],
    ['says what it may not', answerOf('{"id":1}'), 'wrong'],
    ['has 5,121 bytes', answerOf('{"id":"a"}'.padEnd(5121)), 'wrong'],
    ['has a host that is overloaded', answerOf('{}', {}, 503), 'unreachable'],
    ['has a host that asks for patience', answerOf('{}', {}, 429), 'unreachable'],
    ['has a host that is not there', () => Promise.reject(new TypeError('lost')), 'unreachable'],
  ])('that %s is not had, and not kept either', async (_, answer, code) => {
    const { documents, fetched, state } = setUp()
    state.answer = answer
    expect(await documents.get(URL_A, { now: NOW, isOldTaken: true })).toMatchObject({ ok: false, code })
    expect(documents.peek(URL_A, NOW)).toBeUndefined()
    state.answer = answerOf('{"id":"a"}'.padEnd(5120))
    expect(await documents.get(URL_A, { now: NOW })).toEqual({ ok: true, document: { id: 'a' } })
    expect(fetched).toHaveLength(2)
  })

  it('serves for a day beyond its time while its host fails, for who takes an old one alone', async () => {
    const { documents, state } = setUp()
    state.answer = answerOf('{"id":"a"}', { 'cache-control': 'max-age=60' })
    await documents.get(URL_A, { now: NOW })
    state.answer = answerOf('', {}, 500)
    const last = NOW + 60 + 86_400 - 1
    for (const now of [NOW + 60, last]) {
      expect(await documents.get(URL_A, { now, isOldTaken: true })).toMatchObject({ ok: true })
      expect(await documents.get(URL_A, { now })).toMatchObject({ ok: false, code: 'unreachable' })
    }
    expect(await documents.get(URL_A, { now: last + 1, isOldTaken: true })).toMatchObject({ ok: false })
  })

  it('that its owner took back, or spoilt, does not serve on: not when its host fails later, either', async () => {
    for (const spoilt of [answerOf('', {}, 404), answerOf('{"id":1}')]) {
      const { documents, state } = setUp()
      await documents.get(URL_A, { now: NOW })
      state.answer = spoilt
      expect(await documents.get(URL_A, { now: NOW + 301, isOldTaken: true })).toMatchObject({ code: 'wrong' })
      state.answer = answerOf('', {}, 500)
      expect(await documents.get(URL_A, { now: NOW + 302, isOldTaken: true })).toMatchObject({ code: 'unreachable' })
    }
  })

  it('is fetched once more for what it lacks: not in its first 30 seconds, and not twice in 30', async () => {
    const { documents, fetched, state } = setUp()
    state.answer = answerOf('{"id":"old"}', { 'cache-control': 'max-age=3600' })
    const get = (now: number) => documents.get(URL_A, { now, isLacking: ({ id }) => id === 'old' })
    await get(NOW)
    for (let seconds = 0; seconds < 30; seconds++) await get(NOW + seconds)
    expect(fetched).toHaveLength(1)
    state.answer = answerOf('', {}, 500)
    for (let seconds = 30; seconds < 60; seconds++) expect(await get(NOW + seconds)).toMatchObject({ ok: true })
    expect(fetched).toHaveLength(2)
    state.answer = answerOf('{"id":"new"}', { 'cache-control': 'max-age=3600' })
    expect(await get(NOW + 60)).toEqual({ ok: true, document: { id: 'new' } })
    expect(await get(NOW + 90)).toEqual({ ok: true, document: { id: 'new' } })
    expect(fetched).toHaveLength(3)
  })

  it('of a clock that has been set back is fetched anew, and does not serve as an old one', async () => {
    const { documents, fetched, state } = setUp()
    await documents.get(URL_A, { now: NOW + 86_400 })
    expect(await documents.get(URL_A, { now: NOW })).toMatchObject({ ok: true })
    expect(fetched).toHaveLength(2)
    state.answer = answerOf('', {}, 500)
    expect(await documents.get(URL_A, { now: NOW - 10, isOldTaken: true })).toMatchObject({ ok: false })
  })

  it('is one of 500 that are kept: who was not asked for longest goes', async () => {
    const { documents, fetched } = setUp()
    const urls = Array.from({ length: 500 }, (_, n) => `https://${n}.example/app.json`)
    for (const url of urls) await documents.get(url, { now: NOW })
    await documents.get(urls[0] ?? '', { now: NOW + 1 })
    await documents.get(URL_A, { now: NOW + 1 })
    expect(fetched).toHaveLength(501)
    expect([urls[0], urls[1], urls[2], URL_A].map((url) => documents.peek(url ?? '', NOW + 1) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ])
  })
})

describe('what strangers make us fetch at once', () => {
  const urlOf = (host: number, path = 0): string => `https://${host}.example/${path}.json`

  it('is four documents that never came well, and eight with those that did', async () => {
    const { documents, state, most } = setUp()
    for (let n = 0; n < 8; n++) await documents.get(urlOf(n), { now: NOW })
    const { gate, letGo } = heldBack()
    state.answer = () => gate.then(() => Response.json({ id: 'late' }))
    const later = NOW + 1000
    const strangers = [0, 1, 2, 3, 4, 5].map((n) => documents.get(urlOf(100 + n), { now: later }))
    const known = [0, 1, 2, 3, 4, 5].map((n) => documents.get(urlOf(n), { now: later }))
    const fallback = documents.get(urlOf(7), { now: later, isOldTaken: true })
    expect(await Promise.all([strangers[4], strangers[5], known[4], known[5]])).toEqual(
      Array(4).fill(expect.objectContaining({ ok: false, code: 'busy' })),
    )
    expect(await fallback).toEqual({ ok: true, document: { id: urlOf(7) } })
    letGo()
    const told = await Promise.all([...strangers.slice(0, 4), ...known.slice(0, 4)])
    expect(told.every(({ ok }) => ok)).toBe(true)
    expect(most()).toBe(8)
    expect(await documents.get(urlOf(200), { now: later })).toMatchObject({ ok: true })
  })

  it('is three of a host', async () => {
    const { documents, state } = setUp()
    const { gate, letGo } = heldBack()
    state.answer = () => gate.then(() => Response.json({ id: 'late' }))
    const asked = [0, 1, 2, 3].map((path) => documents.get(urlOf(1, path), { now: NOW }))
    expect(await asked[3]).toMatchObject({ code: 'busy' })
    letGo()
    expect((await Promise.all(asked.slice(0, 3))).every(({ ok }) => ok)).toBe(true)
  })

  it.each([
    ['an address', '192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['an address of IPv4 as IPv6 has it', '::ffff:192.0.2.1', '192.0.2.1', '::ffff:192.0.2.2'],
    ['a line of IPv6', '2001:db8:0:1::1', '2001:DB8::1:ffff:0:0:2', '2001:db8:0:2::1'],
  ])('is two for %s; who waits for what is under way counts for nothing', async (_, asker, same, other) => {
    const { documents, state, fetched } = setUp()
    const { gate, letGo } = heldBack()
    state.answer = () => gate.then(() => Response.json({ id: 'late' }))
    const asked = [0, 1].map((n) => documents.get(urlOf(n), { now: NOW, asker }))
    const joined = documents.get(urlOf(0), { now: NOW, asker })
    expect(await documents.get(urlOf(2), { now: NOW, asker: same })).toMatchObject({ code: 'busy' })
    const others = documents.get(urlOf(3), { now: NOW, asker: other })
    letGo()
    expect((await Promise.all([...asked, joined, others])).every(({ ok }) => ok)).toBe(true)
    expect(fetched).toHaveLength(3)
  })

  it('counts no more what died with the request that began it', async () => {
    const { documents, state } = setUp()
    state.answer = () => new Promise(() => {})
    for (let n = 0; n < 4; n++) void documents.get(urlOf(n), { now: NOW })
    expect(await documents.get(urlOf(4), { now: NOW + 4 })).toMatchObject({ code: 'busy' })
    state.answer = async () => Response.json({ id: 'a' })
    expect(await documents.get(urlOf(4), { now: NOW + 5 })).toMatchObject({ ok: true })
  })

  // promise: W04
  it('is bounded whatever is asked, by whomever: at most a fetch a request, and never more at once than may be', async () => {
    const request = fc.record({
      host: fc.integer({ min: 0, max: 5 }),
      path: fc.integer({ min: 0, max: 4 }),
      asker: fc.option(fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1'), { nil: undefined }),
      later: fc.integer({ min: 0, max: 400 }),
      isLacking: fc.boolean(),
      isOldTaken: fc.boolean(),
      isWaiting: fc.boolean(),
      answer: fc.constantFrom('good', 'wrong', 'failing', 'lost'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 60 }), async (requests) => {
        const { documents, state, fetched, most } = setUp()
        let now = NOW
        let waiting: Promise<unknown>[] = []
        for (const { host, path, asker, later, isLacking, isOldTaken, isWaiting, answer } of requests) {
          state.answer = async () => {
            await new Promise((resolve) => setTimeout(resolve, 0))
            if (answer === 'lost') throw new TypeError('lost')
            return Response.json({ id: answer === 'wrong' ? 1 : 'a' }, { status: answer === 'failing' ? 500 : 200 })
          }
          const url = urlOf(host, path)
          waiting.push(documents.get(url, { now, asker, isOldTaken, isLacking: () => isLacking }))
          if (!isWaiting) continue
          await Promise.all(waiting)
          waiting = []
          now += later
        }
        await Promise.all(waiting)
        expect(most()).toBeLessThanOrEqual(8)
        expect(fetched.length).toBeLessThanOrEqual(requests.length)
      }),
      { numRuns: 60 },
    )
  })
})
