import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const issuer = testIssuer({
  now: () => NOW,
  guard: createMemoryGuard(() => NOW),
  openid: {},
  registrationKeys: REGISTRATION_KEYS[0],
  registration: { resources: [API], scopes: ['read'] },
})

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const AS_SERVICE = { ...FORM, authorization: basic('service', 'service-secret') }

/** Texts by which patterns that have two ways through them take for ever. */
const ODD = ['"', '\\"', ', ', ',"', ' ', '\t', '-', 'a-', 'a.', 'a a', '%', '=', '/', ';q=', '[', ':', 'aA0', '..;']
const FIELDS = [
  ...['accept', 'accept-language', 'authorization', 'content-type', 'cookie', 'dpop', 'origin', 'traceparent'],
  ...['sec-purpose', 'if-none-match', 'x-forwarded-for', 'access-control-request-headers'],
]
const PARAMETERS = [
  ...['client_id', 'redirect_uri', 'scope', 'state', 'response_mode', 'code_challenge', 'ui_locales', 'acr_values'],
  ...['request', 'request_uri', 'id_token_hint', 'login_hint', 'prompt', 'max_age', 'claims', 'resource', 'dpop_jkt'],
]

describe.each(ODD)('%j again and again, as long as it can be (CVE-2026-0621)', (odd) => {
  const long = `${odd.repeat(7000 / odd.length)}!`

  it.each(['/token', '/register', '/userinfo', '/nowhere'])(
    'is answered in each field of a header: %s',
    async (path) => {
      for (const field of FIELDS) {
        const { status } = await issuer.request(ISSUER + path, {
          method: 'POST',
          headers: { ...FORM, accept: 'text/html', [field]: long },
        })
        expect([field, status < 500]).toEqual([field, true])
      }
    },
  )

  it('is answered in each parameter, of pages and of programs', async () => {
    for (const name of PARAMETERS) {
      const asked = { client_id: 'spa', redirect_uri: 'https://app.example/cb', response_type: 'code', [name]: long }
      const page = await issuer.request(`${ISSUER}/authorize?${new URLSearchParams(asked)}`)
      const body = new URLSearchParams({ grant_type: 'client_credentials', [name]: long }).toString()
      const told = await issuer.request(`${ISSUER}/token`, { method: 'POST', headers: AS_SERVICE, body })
      expect([name, page.status < 500, told.status < 500]).toEqual([name, true, true])
    }
  })
})
