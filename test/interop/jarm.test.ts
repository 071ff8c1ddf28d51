import * as openid from 'openid-client'
import { describe, expect, it } from 'vitest'
import type { SigningAlgorithm } from '../../keys/index.ts'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard } from '../../src/index.ts'
import { API, ISSUER, secretHash, testKey, VARS } from '../fixtures.ts'
import { takeForms } from '../parties/answers.ts'
import { RING_RSA } from '../parties/partner.ts'
import { createBrowser, goesTo, hiddenField } from '../parties/person.ts'
import { shows } from './shows.ts'

const CALLBACK = 'https://web.example/cb'

/** An issuer by the real clock, and its client as openid-client knows it. */
async function setUp(alg: SigningAlgorithm) {
  const now = (): number => Math.floor(Date.now() / 1000)
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(createRing({ now: now(), key: testKey(), rsaKey: RING_RSA })),
    resources: { [API]: VARS.RESOURCES[API] },
    clients: {
      web: {
        secret_hash: secretHash('web-secret'),
        grant_types: ['authorization_code'],
        redirect_uris: [CALLBACK],
        resources: [API],
        scopes: ['read'],
        authorization_signed_response_alg: alg,
      },
    },
    guard: createMemoryGuard(now),
    authenticate: async () => ({ sub: 'alice', auth_time: now() }),
    log: () => {},
  })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const config = await openid.discovery(
    new URL(ISSUER),
    'web',
    { authorization_signed_response_alg: alg },
    openid.ClientSecretBasic('web-secret'),
    { algorithm: 'oauth2', [openid.customFetch]: (url, init) => ask(new Request(url, init as RequestInit)) },
  )
  openid.useJwtResponseMode(config)
  const verifier = openid.randomPKCECodeVerifier()
  const code_challenge = await openid.calculatePKCECodeChallenge(verifier)
  const asked = { redirect_uri: CALLBACK, scope: 'read', state: 'xyz', code_challenge, code_challenge_method: 'S256' }

  /** Goes through it in a browser, and returns the page that leaves. */
  async function leave(changes: Readonly<Record<string, string>>, decision: string): Promise<string> {
    const browser = createBrowser(ask)
    const url = openid.buildAuthorizationUrl(config, asked)
    for (const [name, value] of Object.entries(changes)) url.searchParams.set(name, value)
    let response = await browser.get(url.href)
    while (response.status === 303) response = await browser.get(response.headers.get('location') ?? '')
    const consent = hiddenField(await response.text(), 'consent')
    return (await browser.post(`${ISSUER}/consent`, { consent, decision })).text()
  }
  const redeem = (answer: URL | Request) =>
    openid.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier, expectedState: 'xyz' })
  return { leave, redeem }
}

describe('openid-client takes signed answers (JARM)', () => {
  it.each<SigningAlgorithm>(['ES256', 'Ed25519', 'RS256'])('in a query, by %s', async (alg) => {
    const { leave, redeem } = await setUp(alg)
    const { access_token } = await redeem(new URL(goesTo(await leave({}, 'allow'))))
    expect(access_token).toMatch(/^ey/)
  })

  it('in a form', async () => {
    const { leave, redeem } = await setUp('ES256')
    const [answer] = takeForms(await leave({ response_mode: 'form_post.jwt' }, 'allow'), ISSUER)
    const body = new URLSearchParams({ response: answer?.jwt ?? '' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { access_token } = await redeem(new Request(CALLBACK, { method: 'POST', headers, body }))
    expect(access_token).toMatch(/^ey/)
  })

  it('and their errors', async () => {
    const { leave, redeem } = await setUp('ES256')
    const denied = redeem(new URL(goesTo(await leave({}, 'deny'))))
    await expect(denied).rejects.toMatchObject({ error: 'access_denied' })
    shows('openid-client', 'JARM')
  })

  it('and refuses what was changed on the way', async () => {
    const { leave, redeem } = await setUp('ES256')
    const left = new URL(goesTo(await leave({}, 'allow')))
    const [header, payload = '', signature] = (left.searchParams.get('response') ?? '').split('.')
    const changed = Buffer.from(payload, 'base64url').toString().replace('"xyz"', '"xyy"')
    left.searchParams.set('response', [header, Buffer.from(changed).toString('base64url'), signature].join('.'))
    await expect(redeem(left)).rejects.toThrow()
  })
})
