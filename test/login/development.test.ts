import { describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createIssuer, readBindings } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { NOW, testIssuer, testRing } from '../fixtures.ts'
import { authorizeUrl, createBrowser, hiddenField } from '../parties/person.ts'

const LOCAL = 'http://localhost:8787'
const DEMO = { client_id: 'demo-app', redirect_uri: 'http://127.0.0.1:5000/callback', scope: 'orders:read' }
const local = (at = LOCAL) => {
  const settings = readBindings({
    ISSUER: at,
    DEVELOPMENT: 'true',
    GUARD: 'none',
    KEY_RING: writeRing(testRing(NOW)),
  })
  const issuer = createIssuer({ ...settings, now: () => NOW, log: () => {} })
  return createBrowser((request) => issuer.fetch(request))
}

describe('the development login', () => {
  it('takes any name, alice unless another is hinted at', async () => {
    const browser = local()
    const page = await (await browser.get(authorizeUrl(DEMO, LOCAL))).text()
    expect(page).toContain('value="alice"')
    const hinted = await (await browser.get(authorizeUrl({ ...DEMO, login_hint: 'bob"' }, LOCAL))).text()
    expect(hinted).toContain('value="bob&quot;"')
    const back = await browser.post(`${LOCAL}/login`, { state: hiddenField(page, 'state'), username: 'Zoë' })
    expect(back.headers.get('location')).toBe(authorizeUrl(DEMO, LOCAL))
    expect(await (await browser.get(authorizeUrl(DEMO, LOCAL))).text()).toContain('<bdi>Zoë</bdi>')
  })

  it.each(['https://localhost:8787', 'https://127.0.0.1:8787', 'https://[::1]:8787', 'http://127.0.0.1:8787'])(
    'works wherever development is: at %s too',
    async (at) => {
      const browser = local(at)
      const state = hiddenField(await (await browser.get(authorizeUrl(DEMO, at))).text(), 'state')
      const back = await browser.post(`${at}/login`, { state, username: 'alice' }, { origin: at })
      expect(back.headers.get('location')).toBe(authorizeUrl(DEMO, at))
      expect(await (await browser.get(authorizeUrl(DEMO, at))).text()).toContain('<bdi>alice</bdi>')
    },
  )

  it.each(['', ' ', '\u3164', 'alice\u115f', 'client:service', '<b>', 'a'.repeat(65)])(
    'asks again for %j',
    async (username) => {
      const browser = local()
      const page = await (await browser.get(authorizeUrl(DEMO, LOCAL))).text()
      const again = await browser.post(`${LOCAL}/login`, { state: hiddenField(page, 'state'), username })
      expect([
        again.status,
        browser.cookies.has('bulla-session'),
        (await again.text()).includes('name="username"'),
      ]).toEqual([200, false, true])
    },
  )

  it('takes no form from elsewhere (H23)', async () => {
    const browser = local()
    const state = hiddenField(await (await browser.get(authorizeUrl(DEMO, LOCAL))).text(), 'state')
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      expect((await browser.post(`${LOCAL}/login`, { state, username: 'alice' }, headers)).status).toBe(403)
    }
  })

  it('cannot be switched on for any other issuer (design §10)', async () => {
    const issuer = testIssuer({ authenticate: developmentLogin })
    const response = await issuer.fetch(new Request(authorizeUrl()))
    expect([response.status, (await response.text()).includes('name="username"')]).toEqual([400, false])
  })
})
