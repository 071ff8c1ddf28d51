import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { authorizeUrl, createBrowser, createPerson, REQUESTS } from '../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const native = (redirect_uri: string) => ({ ...REQUESTS['nat'], redirect_uri })

describe('an app on a device (RFC 8252)', () => {
  it.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://127.0.0.1:1/cb',
    'http://[::1]:8080/cb?x=1',
    'com.example.app:/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback',
  ])(
    'gets its code at %s: any port MUST be allowed (RFC 8252 §7.3), a private-use scheme may be used (§7.1)',
    async (uri) => {
      const answer = await createPerson(ask).answer('allow', native(uri))
      expect(answer.href.startsWith(uri)).toBe(true)
      expect(answer.searchParams.get('code')).not.toBeNull()
    },
  )

  it.each([
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:1/other',
    'http://localhost:1/cb',
    'https://127.0.0.1:1/cb',
    'http://user@127.0.0.1/cb',
    'http://127.0.0.1.nip.io/cb',
    'com.example.app://cb',
    'com.example.other:/cb',
    'cursor://anysphere.cursor-mcp/oauth/callback/x',
    'cursor://anysphere.cursor-mcp.example/oauth/callback',
    'cursor:/oauth/callback',
  ])('gets nothing at %s (RFC 8252 §8.10, H18)', async (uri) => {
    const response = await createBrowser(ask).get(authorizeUrl(native(uri)))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it('that has a scheme of its own is told of an error by it, too, and by nothing that runs', async () => {
    const uri = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const response = await createBrowser(ask).get(authorizeUrl({ ...native(uri), response_type: 'token' }))
    const location = new URL(response.headers.get('location') ?? '')
    expect([response.status, location.href.startsWith(`${uri}?`)]).toEqual([303, true])
    expect([location.searchParams.get('error'), location.searchParams.get('iss')]).toEqual([
      'unsupported_response_type',
      'https://as.example',
    ])
  })

  it('is asked for each time: nobody can prove which app it is (RFC 8252 §8.6, H25)', async () => {
    const person = createPerson(ask)
    for (let times = 0; times < 2; times++) {
      await person.answer('allow', REQUESTS['nat'])
      const again = await person.visit(REQUESTS['nat'])
      expect([again.status, (await again.text()).includes('an app on this device')]).toEqual([200, true])
    }
  })
})
