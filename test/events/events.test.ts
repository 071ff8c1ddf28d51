import { describe, expect, it, vi } from 'vitest'
import type { IssuerEvent, LogEntry } from '../../src/index.ts'
import { API, basic, SECRETS, testIssuer, tokenRequest } from '../fixtures.ts'

/** Returns an issuer, and the events that it told once they are there. */
function createTellingIssuer() {
  const told: IssuerEvent[] = []
  const issuer = testIssuer({ onEvent: (event) => void told.push(event) })
  return { issuer, told }
}

describe('events', () => {
  it('tell who got a token for what, in which request', async () => {
    const { issuer, told } = createTellingIssuer()
    const answer = await issuer.fetch(tokenRequest({ headers: { authorization: basic('service', SECRETS.service) } }))
    expect(answer.status).toBe(200)
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['token.issued'])
    expect(told[0]).toMatchObject({
      type: 'token.issued',
      outcome: 'ok',
      client: 'service',
      proved: true,
      resource: API,
      due: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      request: answer.headers.get('request-id'),
    })
  })

  it('tell why a request was refused, by a word of the list', async () => {
    const { issuer, told } = createTellingIssuer()
    const answer = await issuer.fetch(tokenRequest({ headers: { authorization: basic('service', 'wrong') } }))
    expect(answer.status).toBe(401)
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['client.failed', 'token.refused'])
    expect(told[1]).toMatchObject({
      type: 'token.refused',
      outcome: 'refused',
      reason: 'wrong_secret',
      client: 'service',
      proved: false,
    })
  })

  it('come without their client where the runtime follows no requests, and the log says at the start what is lost', async () => {
    const told: IssuerEvent[] = []
    const lines: LogEntry[] = []
    const log = (line: LogEntry) => void lines.push(line)
    vi.stubGlobal('AsyncLocalStorage', undefined)
    vi.stubGlobal('process', { ...globalThis.process, getBuiltinModule: undefined })
    const issuer = testIssuer({ onEvent: (event) => void told.push(event), log })
    testIssuer({ log })
    vi.unstubAllGlobals()
    const lost = { level: 'warn', event: 'events', detail: expect.stringMatching(/client.*nodejs_als/) }
    expect(lines).toEqual([lost])
    const answer = await issuer.fetch(tokenRequest({ headers: { authorization: basic('service', SECRETS.service) } }))
    expect(answer.status).toBe(200)
    await expect.poll(() => told.map(({ type }) => type)).toEqual(['token.issued'])
    expect(told[0]).not.toHaveProperty('client')
    expect(told[0]).not.toHaveProperty('request')
  })
})
