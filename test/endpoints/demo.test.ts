import { describe, expect, it } from 'vitest'
import { createRing, type Ring, writeRing } from '../../keys/index.ts'
import { createIssuer, readBindings } from '../../src/index.ts'
import { NOW, testKey, testRing } from '../fixtures.ts'
import { claimsOf } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'
import { createBrowser, hiddenField } from '../parties/person.ts'

const LOCAL = 'http://localhost:8787'
const WITH_RSA = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })

/** Presses the button, logs in as zoë and agrees; returns the page that asks, and the one that shows what came. */
async function pressThrough(ring: Ring, vars: Readonly<Record<string, unknown>> = {}) {
  const settings = readBindings({
    ISSUER: LOCAL,
    DEVELOPMENT: 'true',
    GUARD: 'none',
    KEY_RING: writeRing(ring),
    ...vars,
  })
  const issuer = createIssuer({ ...settings, now: () => NOW, log: () => {} })
  const browser = createBrowser((request) => issuer.fetch(request))
  const own = { origin: LOCAL }
  const url = (await browser.post(`${LOCAL}/demo`, {}, own)).headers.get('location') ?? ''
  const state = hiddenField(await (await browser.get(url)).text(), 'state')
  await browser.post(`${LOCAL}/login`, { state, username: 'zoë' }, own)
  const asking = await (await browser.get(url)).text()
  const consent = hiddenField(asking, 'consent')
  const leaving = await (await browser.post(`${LOCAL}/consent`, { consent, decision: 'allow' }, own)).text()
  const back = /url=([^"]*)"/.exec(leaving)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const answer = await browser.get(back)
  return { url: new URL(url), asking, status: answer.status, shown: await answer.text() }
}

/** Returns the ID token of a page, without the colours. */
function idTokenOf(page: string): string {
  const [, written = ''] = /<pre class="envelope signed">(.*?)<\/pre>/.exec(page) ?? []
  return written.replaceAll(/<[^>]*>/g, '')
}

describe('the demo', () => {
  it.each([
    ['RS256', 'an RSA key', WITH_RSA],
    ['ES256', 'none', testRing(NOW)],
  ])('shows an ID token by %s beside the sealed one where the ring has %s', async (alg, _, ring) => {
    const { url, status, shown } = await pressThrough(ring)
    expect(url.searchParams.get('scope')?.split(' ')).toEqual(expect.arrayContaining(['openid', 'profile']))
    expect(status).toBe(200)
    const idToken = idTokenOf(shown)
    expect(JSON.parse(atob(idToken.split('.')[0] ?? ''))).toMatchObject({ alg, typ: 'JWT' })
    expect(claimsOf(idToken)).toMatchObject({ iss: LOCAL, sub: 'zoë', aud: 'demo-app', name: 'Zoë Example' })
    expect(shown).toContain('&quot;name&quot;: &quot;Zoë Example&quot;')
    expect(shown).toContain('Anybody who has it can read it')
    expect(shown).toContain('&quot;scope&quot;: &quot;orders:read orders:write&quot;')
    for (const part of [1, 2, 4])
      expect(shown).toContain(`<b class="p${part}">${idToken.split('.')[part === 4 ? 2 : part - 1]}</b>`)
  })

  it('has the person read who will be told what', async () => {
    const { asking } = await pressThrough(WITH_RSA)
    expect(asking).toContain('Know that it is you')
    expect(asking).toContain('See your name')
  })

  it('shows the sealed token alone where the issuer tells nobody who logged in', async () => {
    const { url, status, shown } = await pressThrough(testRing(NOW), {
      RESOURCES: { 'https://mine.example': { scopes: ['profile'] } },
    })
    expect([url.searchParams.get('scope'), status]).toEqual(['orders:read orders:write', 200])
    expect(shown).not.toContain('ID token')
  })
})
