import { describe, expect, it } from 'vitest'
import { basic, ISSUER, testIssuer } from '../fixtures.ts'

/** Spellings of `/token` that some router, proxy or rule takes for it, and another does not. */
const SPELLINGS = [
  ...['//token', '///token', '/token/', '/token//', '/TOKEN', '/Token', '/token;x', '/token;/', '/x/..;/token'],
  ...[
    '/token%2f',
    '/%2ftoken',
    '/token%00',
    '/token%20',
    '/token.',
    '/token.json',
    '/token%3f',
    '/token%23',
    '/token\\',
  ],
]

const FORM = 'grant_type=client_credentials&resource=https%3A%2F%2Fapi1.example'

function ask(path: string) {
  const headers = {
    authorization: basic('service', 'service-secret'),
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(FORM.length),
  }
  return testIssuer().request(`${ISSUER}${path}`, { method: 'POST', headers, body: FORM })
}

describe('an endpoint', () => {
  it('is there by its path', async () => {
    expect((await ask('/token')).status).toBe(200)
  })

  it.each(SPELLINGS)('is not there by another spelling of it: %s (GHSA-x732-6j76-qmhm)', async (path) => {
    expect((await ask(path)).status).toBe(404)
  })

  it('that is spelled with an escaped letter has all that stands before it', async () => {
    const limited = testIssuer({ allowFailure: async () => false })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic('service', 'wrong') }
    for (const path of ['/token', '/%74oken', '/tok%65n']) {
      const { status } = await limited.request(ISSUER + path, { method: 'POST', headers, body: FORM })
      expect([404, 429]).toContain(status)
    }
  })
})
