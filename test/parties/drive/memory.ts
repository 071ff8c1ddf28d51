/**
 * What an issuer must remember, each by another method of its guard: these four go wrong where each process remembers for itself.
 *
 * @module
 */

import assert from 'node:assert/strict'
import { API, ISSUER, tokenRequest } from '../../fixtures.ts'
import { createDevice, createOwner, DEVICE_CODE } from '../device.ts'
import { createProver, withHeader } from '../dpop.ts'
import { claimsOf } from '../openid_provider.ts'
import { type Ask, authorizeUrl, createApp, createBrowser, hiddenField, REQUESTS } from '../person.ts'
import { formRequest } from '../servers.ts'
import { ASSERTION_TYPE, clientAssertion, INNER } from '../trusted.ts'
import { HOME } from './settings.ts'
import { approve, errorOf, introspect, type Step, tokensOf } from './step.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)

/** How many ask at once. */
const MANY = 100

/** How often somebody asks who is told to try again. */
const TRIES = 5

/**
 * Asks many times at once, and counts what came. Who is told that the store is slow asks again, as clients do: nothing is spent for
 * what came too late.
 */
async function atOnce(call: () => Promise<Response>): Promise<Readonly<Record<string, number>>> {
  async function ask(tries = TRIES): Promise<Awaited<ReturnType<typeof errorOf>>> {
    const answer = await errorOf(await call())
    return answer[0] === 503 && tries > 1 ? ask(tries - 1) : answer
  }
  const answers = await Promise.all(Array.from({ length: MANY }, () => ask()))
  const counts: Record<string, number> = {}
  for (const [status, error] of answers) {
    const name = error === undefined ? `${status}` : `${status} ${error}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Whoever was told a nonce shows the same proof again and again. */
async function proofThatComesAgain(ask: Ask): Promise<readonly (readonly [number, string | undefined])[]> {
  const prover = await createProver()
  const first = await withHeader(ask, 'dpop', await prover.prove({ now: seconds() }))(tokenRequest())
  const nonce = first.headers.get('dpop-nonce') ?? ''
  const proof = await prover.prove({ now: seconds(), nonce })
  const show = async () => errorOf(await withHeader(ask, 'dpop', proof)(tokenRequest()))
  return [await show(), await show(), await show()]
}

/** A client's signature, shown again and again. */
async function assertionThatComesAgain(ask: Ask): Promise<readonly (readonly [number, string | undefined])[]> {
  const client_assertion = await clientAssertion(ISSUER, seconds())
  const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion }
  const show = async () =>
    errorOf(await ask(tokenRequest({ headers: { authorization: undefined }, form: { ...form, resource: INNER } })))
  return [await show(), await show(), await show()]
}

/** Takes a token back: a client with a secret by that, a public one by its name. */
async function revoke(ask: Ask, client: 'pub' | 'web', token: string): Promise<void> {
  const [asker, named] = client === 'web' ? [client, {}] : [undefined, { client_id: client }]
  assert.equal((await ask(formRequest('/revoke', asker, { token, ...named }))).status, 200)
}

/** How many single tokens stand in the list of revocations, as every API is told: a process keeps what it told first for some seconds. */
async function countRevoked(ask: Ask): Promise<number> {
  const { events } = claimsOf(await (await ask(new Request(`${ISSUER}/revocations`))).text())
  return Object.keys((events as Readonly<Record<string, object>>)['jti'] ?? {}).length
}

/** The steps by the method of the guard that each stands and falls with. */
export const MEMORY: readonly Step[] = [
  [
    'spends a code, a proof and an assertion once: of a hundred at once one is served, and a code that comes again ends what came of it',
    async (ask) => {
      const { app, code } = await approve(ask, 'web')
      const first = await tokensOf(await app.redeem(code))
      for (let again = 0; again < 3; again++)
        assert.deepEqual(await errorOf(await app.redeem(code)), [400, 'invalid_grant'])
      assert.deepEqual(await errorOf(await app.refresh(first.refresh_token ?? '')), [400, 'invalid_grant'])
      const other = await approve(ask, 'web')
      const counts = await atOnce(() => other.app.redeem(other.code))
      assert.deepEqual(counts, { 200: 1, '400 invalid_grant': MANY - 1 })
      const used = [400, 'invalid_dpop_proof']
      assert.deepEqual(await proofThatComesAgain(ask), [[200, undefined], used, used])
      const [shown, ...again] = await assertionThatComesAgain(ask)
      assert.deepEqual(
        [shown, ...again],
        [
          [200, undefined],
          [401, 'invalid_client'],
          [401, 'invalid_client'],
        ],
      )
    },
  ],
  [
    'advances an honest family, whoever serves it, be it a hundred times at once; and an old token ends it',
    async (ask) => {
      const { app, code } = await approve(ask, 'pub')
      let { refresh_token: current = '' } = await tokensOf(await app.redeem(code))
      const old = current
      for (let turn = 0; turn < 6; turn++) current = (await tokensOf(await app.refresh(current))).refresh_token ?? ''
      assert.deepEqual(await atOnce(() => app.refresh(current)), { 200: MANY })
      const next = (await tokensOf(await app.refresh(current))).refresh_token ?? ''
      current = (await tokensOf(await app.refresh(next))).refresh_token ?? ''
      assert.deepEqual(await errorOf(await app.refresh(old)), [400, 'invalid_grant'])
      for (let turn = 0; turn < 3; turn++)
        assert.deepEqual(await errorOf(await app.refresh(current)), [400, 'invalid_grant'])
    },
  ],
  [
    'ends what is taken back, and with a logout the session, its copies, and what came of it (RFC 7009, OpenID Connect RP-Initiated Logout)',
    async (ask) => {
      const { app, code } = await approve(ask, 'pub')
      const { access_token, refresh_token = '' } = await tokensOf(await app.redeem(code))
      assert.equal((await introspect(ask, access_token))['active'], true)
      await revoke(ask, 'pub', refresh_token)
      for (let turn = 0; turn < 4; turn++) {
        assert.deepEqual(await errorOf(await app.refresh(refresh_token)), [400, 'invalid_grant'])
        assert.deepEqual(await introspect(ask, access_token), { active: false })
      }
      const { app: shop, person, code: shown } = await approve(ask, 'web', { scope: 'openid read', resource: API })
      const tokens = await tokensOf(await shop.redeem(shown))
      await revoke(ask, 'web', tokens.access_token)
      for (let turn = 0; turn < 3; turn++) assert.equal(await countRevoked(ask), 1)
      const copy = new Map(person.browser.cookies)
      const page = await (await person.browser.get(`${ISSUER}/logout`)).text()
      const form = { token: hiddenField(page, 'token'), client_id: 'web', post_logout_redirect_uri: HOME }
      const left = await person.browser.post(`${ISSUER}/logout`, form, { 'sec-fetch-site': 'same-origin' })
      assert.equal(left.status, 200)
      assert.match(await left.text(), /https:\/\/web\.example\//)
      for (const cookies of [person.browser.cookies, copy, copy, copy]) {
        const again = createBrowser(ask, new Map(cookies))
        const silent = await again.get(authorizeUrl({ ...REQUESTS['web'], prompt: 'none' }))
        assert.match(silent.headers.get('location') ?? '', /error=login_required/)
        assert.deepEqual(await errorOf(await shop.refresh(tokens.refresh_token ?? '')), [400, 'invalid_grant'])
      }
    },
  ],
  [
    'keeps what a device asks for until a person answers elsewhere, and gives its tokens for that (RFC 8628)',
    async (ask) => {
      const device = createDevice(ask, 'telly')
      const { device_code, user_code } = await device.start()
      assert.deepEqual(await errorOf(await device.poll(device_code)), [400, 'authorization_pending'])
      const page = await createOwner(ask, seconds).answer(user_code, 'allow')
      assert.equal(page.status, 200, await page.text())
      const app = createApp(ask, { client: 'telly' })
      const { access_token } = await tokensOf(await app.ask({ grant_type: DEVICE_CODE, device_code }))
      assert.equal((await introspect(ask, access_token))['sub'], 'alice')
    },
  ],
]
