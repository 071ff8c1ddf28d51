import { handle } from 'hono/aws-lambda'
import { describe, expect, it } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type Issuer } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { FRONT_DOORS, type Handler } from '../parties/drive/lambda.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

/** All that read what they are sent before they know who sends it. */
const PROGRAMS = ['/token', '/revoke', '/introspect', '/keys', '/par', '/register', '/userinfo']
const PEOPLE = ['/authorize', '/consent', '/login', '/logout']

/** More than any door takes. */
const LONG = `x=${'x'.repeat(20_000)}`

const headersOf = (path: string) => ({
  authorization: basic('service', 'service-secret'),
  'content-length': '10',
  'content-type': path === '/register' ? 'application/json' : 'application/x-www-form-urlencoded',
})

function issuerOf(): Issuer {
  return testIssuer({
    guard: createMemoryGuard(() => NOW),
    revocations: createMemoryRevocations('salt'),
    openid: {},
    registrationKeys: REGISTRATION_KEYS[0],
    registration: { resources: [API], scopes: ['read'] },
  })
}

describe('a body that is longer than its length is said to be, as AWS Lambda hands it over', () => {
  it.each([...PROGRAMS, ...PEOPLE])('is 413 at %s (GHSA-rv63-4mwf-qqc2)', async (path) => {
    const asked = new Request(ISSUER + path, { method: 'POST', headers: headersOf(path), body: LONG })
    expect((await issuerOf().request(asked)).status).toBe(413)
  })

  it.each(Object.entries(FRONT_DOORS))('is 413 behind %s', async (_, frontDoor) => {
    const asked = { method: 'POST', path: '/register', query: new URLSearchParams(), host: 'as.example', body: LONG }
    const event = frontDoor({ ...asked, headers: { host: 'as.example', ...headersOf('/register') } })
    const { statusCode } = await (handle(issuerOf()) as unknown as Handler)(event)
    expect(statusCode).toBe(413)
  })
})
