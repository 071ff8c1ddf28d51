import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import { createEvents } from '../../src/events/events.ts'
import type { IssuerEvent, LogEntry } from '../../src/index.ts'
import { createDraw, drawAnew } from '../../src/randomness.ts'
import { API, API2, ISSUER, NOW, SIGNED, testIssuer, tokenRequest } from '../fixtures.ts'

/** What the platform drew, one after the other. */
let drawn: Uint8Array[] = []

const { getRandomValues } = crypto

beforeEach(() => {
  // Bun does not let a spy go again.
  crypto.getRandomValues = (array) => {
    getRandomValues.call(crypto, array)
    drawn.push(Uint8Array.from(array as unknown as Uint8Array))
    return array
  }
})

afterEach(() => {
  crypto.getRandomValues = getRandomValues
  drawn = []
})

/** Returns where bytes stand in what was drawn; -1 where they do not. */
function placeOf(bytes: Uint8Array, block: Uint8Array): number {
  return block.findIndex((_, at) => bytes.every((byte, index) => block[at + index] === byte))
}

/** Asks for a token, and returns all that is random in what comes of it. */
async function randomOf(resource: string, client: 'service' | 'machine', headers = {}): Promise<readonly Uint8Array[]> {
  const told: IssuerEvent[] = []
  const issuer = testIssuer({ onEvent: (event) => void told.push(event) })
  const request = tokenRequest({ client, form: { grant_type: 'client_credentials', resource }, headers })
  drawn = []
  const answer = await issuer.fetch(request)
  const { access_token } = (await answer.json()) as { access_token: string }
  await vi.waitFor(() => expect(told).toHaveLength(1))
  const names = [answer.headers.get('request-id'), told[0]?.jti, told[0]?.id, access_token.split('.')[2]]
  return names.map((name) => decodeBase64url(name ?? ''))
}

describe('the randomness of a token request', () => {
  it.each([
    ['a direct token', API, 'service', 12],
    ['a direct token of the other content encryption', API2, 'service', 16],
    ['a nested one under a leaf', SIGNED, 'machine', 12],
  ] as const)('is one draw, and each name and vector a part of its own: %s', async (_, resource, client, ivBytes) => {
    const random = await randomOf(resource, client)
    const [block, ...more] = drawn
    expect([more, random.map(({ length }) => length)]).toEqual([[], [16, 16, 16, ivBytes]])
    const parts = random.map((bytes) => ({ at: placeOf(bytes, block as Uint8Array), length: bytes.length }))
    for (const { at, length } of parts) {
      expect(at).toBeGreaterThanOrEqual(0)
      // Nobody else's part begins within it.
      expect(parts.filter((other) => other.at >= at && other.at < at + length)).toHaveLength(1)
    }
  })

  it('is never that of another: nothing that is left of it is kept', async () => {
    const blocks: Uint8Array[] = []
    for (let count = 0; count < 20; count++) {
      const random = await randomOf(API, 'service')
      for (const bytes of random)
        expect(blocks.map((block) => placeOf(bytes, block)).filter((at) => at >= 0)).toEqual([])
      blocks.push(...drawn)
    }
    expect(blocks).toHaveLength(20)
  })

  it('is not drawn for who brings a name, and is refused', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const issuer = testIssuer()
    const answer = await issuer.fetch(
      tokenRequest({ headers: { traceparent, authorization: 'Basic c2VydmljZTp3cm9uZw==' } }),
    )
    expect([answer.status, drawn]).toEqual([401, []])
  })

  // promise: X02
  it('is all or nothing: where the platform has none there is a 500, and no token', async () => {
    const lines: LogEntry[] = []
    const issuer = testIssuer({ log: (entry) => lines.push(entry) })
    const ask = () =>
      issuer.fetch(tokenRequest({ client: 'service', form: { grant_type: 'client_credentials', resource: API } }))
    const lending = crypto.getRandomValues
    crypto.getRandomValues = () => {
      throw new Error('no entropy')
    }
    const answer = await ask()
    crypto.getRandomValues = lending
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([500, 'no-store'])
    expect(await answer.json()).toEqual({ error: 'server_error', error_description: expect.any(String) })
    expect(lines.map(({ level }) => level)).toContain('error')
    expect((await ask()).status).toBe(200)
  })

  it('ends with its answer: what is told later draws for itself', async () => {
    const told: IssuerEvent[] = []
    const events = createEvents({
      ...{ source: ISSUER, onEvent: (event) => void told.push(event), clock: () => NOW * 1000 },
      ...{ nameSubject: () => undefined, log: () => {} },
    })
    let later: Promise<void> | undefined
    await events.within({ headers: new Headers(), waitUntil: () => {} }, async () => {
      events.tell('token.issued')
      later = new Promise((resolve) => setTimeout(resolve, 5)).then(() => events.tell('remote.failed'))
    })
    expect(drawn).toHaveLength(1)
    await later
    await vi.waitFor(() => expect(told).toHaveLength(2))
    expect(drawn).toHaveLength(2)
    expect(placeOf(decodeBase64url(told[1]?.id ?? ''), drawn[0] as Uint8Array)).toBe(-1)
  })
})

describe('a draw', () => {
  it('hands out each byte once, however much is asked for', () => {
    const draw = createDraw()
    const sizes = [16, 12, 16, 64, 1, 95, 96, 97, 200, 16]
    const parts = sizes.map((size) => draw(size))
    expect(parts.map(({ length }) => length)).toEqual(sizes)
    const places = parts.map(({ buffer, byteOffset, length }) => ({
      buffer,
      from: byteOffset,
      to: byteOffset + length,
    }))
    for (const [index, one] of places.entries()) {
      const others = places.filter(({ buffer }, other) => other !== index && buffer === one.buffer)
      expect(others.every(({ from, to }) => to <= one.from || from >= one.to)).toBe(true)
    }
  })

  it('draws nothing before it is asked', () => {
    createDraw()
    expect(drawn).toEqual([])
    expect([drawAnew(5).length, drawn.length]).toEqual([5, 1])
  })
})
