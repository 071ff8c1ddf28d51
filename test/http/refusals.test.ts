import { describe, expect, it } from 'vitest'
import { createMemoryRevocations } from '../../src/index.ts'
import { ISSUER, testIssuer } from '../fixtures.ts'

/** What browsers say when they go to an address. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

const REFUSED: readonly (readonly [what: string, method: string, url: string, status: number])[] = [
  ['what is not there', 'GET', `${ISSUER}/nothing`, 404],
  ['a page of consent that a browser opens again', 'GET', `${ISSUER}/consent`, 405],
  ['an endpoint of clients', 'GET', `${ISSUER}/token`, 405],
  ['a form for a page that takes none', 'POST', `${ISSUER}/login/callback`, 405],
  ['a URL that is too long', 'GET', `${ISSUER}/authorize?state=${'x'.repeat(9000)}`, 414],
  ['a form that is too long', 'POST', `${ISSUER}/consent`, 413],
  ['another host', 'GET', 'https://other.example/authorize', 421],
]

describe('who is refused before OAuth has a word for it', () => {
  const ask = (method: string, url: string, accept: string | undefined) =>
    testIssuer().request(url, {
      method,
      headers: { ...(accept && { accept }), 'content-type': 'application/x-www-form-urlencoded' },
      ...(method === 'POST' && { body: 'x'.repeat(20_000) }),
    })

  it.each(REFUSED)('reads a page, if it is a person: %s', async (_, method, url, status) => {
    const response = await ask(method, url, BROWSER)
    const { headers } = response
    expect([response.status, headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8'])
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(['cache-control', 'x-frame-options', 'referrer-policy', 'vary'].map((name) => headers.get(name))).toEqual([
      'no-store',
      'DENY',
      'no-referrer',
      'Accept',
    ])
    expect(headers.has('allow')).toBe(status === 405)
    expect(await response.text()).toMatch(/<h1>[A-Z][^<]+<\/h1>\n<p>[^<]+<\/p>/)
  })

  it.each(REFUSED)('gets JSON, if it is a program: %s', async (_, method, url, status) => {
    for (const accept of [undefined, '*/*', 'application/json, text/plain, */*', 'application/json, text/html;q=0.9']) {
      const response = await ask(method, url, accept)
      expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json'])
      expect(await response.json()).toMatchObject({ error: 'invalid_request' })
      expect(response.headers.get('vary')).toBe('Accept')
    }
  })
})

it.each(['/jwks', '/revocations', '/.well-known/oauth-authorization-server'])(
  'whoever has %s already may read it still: 304 says so too',
  async (path) => {
    const issuer = testIssuer({ revocations: createMemoryRevocations('salt') })
    const headers = { origin: 'https://app.example' }
    const first = await issuer.request(ISSUER + path, { headers })
    const again = { ...headers, 'if-none-match': first.headers.get('etag') ?? '' }
    const second = await issuer.request(ISSUER + path, { headers: again })
    expect([second.status, second.headers.get('access-control-allow-origin')]).toEqual([304, '*'])
    expect(second.headers.get('x-frame-options')).toBe('DENY')
  },
)
