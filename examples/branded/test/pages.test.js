/** The pages, with issuer and stand-in in memory: nothing listens to a port. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIssuer } from 'bulla'
import { BRANDING, ISSUER, STAND_IN, settings } from '../settings.js'
import { standIn } from '../stand_in.js'

globalThis.fetch = async (url, init) => standIn.fetch(new Request(url, init))
const issuer = createIssuer(settings)

/** Goes to an address as a browser does, and on from there, up to a page. */
async function visit(start, language = 'en') {
  const cookies = new Map()
  for (let url = start, steps = 0; steps < 10; steps++) {
    const headers = {
      cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
      accept: 'text/html',
      'accept-language': language,
    }
    const app = url.startsWith(STAND_IN) ? standIn : issuer
    const response = await app.fetch(new Request(url, { headers }))
    for (const line of response.headers.getSetCookie()) cookies.set(...line.split(';')[0].split(/=(.*)/s, 2))
    const text = await response.text()
    const [, next] = /http-equiv="refresh" content="0;\s*url=([^"]*)"/i.exec(text) ?? []
    const to = response.headers.get('location') ?? next?.replaceAll('&amp;', '&')
    if (!to) return { status: response.status, text }
    url = new URL(to, url).href
  }
  throw new Error('no end of ways')
}

const asked = new URLSearchParams({
  response_type: 'code',
  client_id: 'demo-app',
  redirect_uri: 'http://127.0.0.1/callback',
  scope: 'orders:read',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
})

test('asks whoever the provider let in', async () => {
  const { status, text } = await visit(`${ISSUER}/authorize?${asked}`)
  assert.equal(status, 200)
  assert.match(text, /alice/)
  assert.match(text, /See your orders/)
})

test("is Acme's page: name, logo, colour, links", async () => {
  const { text } = await visit(`${ISSUER}/authorize?${asked}`)
  for (const own of [BRANDING.logo, BRANDING.accent, BRANDING.terms, BRANDING.privacy, `mailto:${BRANDING.support}`])
    assert.ok(text.includes(own), own.slice(0, 40))
  assert.match(text, /<bdi>Demo app<\/bdi> asks for your <bdi>Acme<\/bdi> account/)
})

test('speaks the language of whoever looks, in own words and in those of the package', async () => {
  const { text } = await visit(`${ISSUER}/authorize?${asked}`, 'de-AT, en;q=0.5')
  assert.match(text, /<html lang="de"/)
  assert.match(text, /bittet um Ihr Konto bei <bdi>Acme<\/bdi>/)
  for (const words of ['Jetzt nicht', 'Erlauben', 'Datenschutz']) assert.ok(text.includes(words), words)
})

test('tells of terms and privacy', async () => {
  const told = await (await issuer.fetch(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
  assert.deepEqual([told.op_tos_uri, told.op_policy_uri], [BRANDING.terms, BRANDING.privacy])
})
