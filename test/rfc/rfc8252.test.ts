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
  ])('gets nothing at %s (RFC 8252 §8.10, H18)', async (uri) => {
    const response = await createBrowser(ask).get(authorizeUrl(native(uri)))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
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
