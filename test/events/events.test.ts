import { describe, expect, it } from 'vitest'
import type { IssuerEvent } from '../../src/index.ts'
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
})
