import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type Guard } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, basic, ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from '../parties/device.ts'
import { createProver, type Prover } from '../parties/dpop.ts'
import { authorizeUrl, createApp, createBrowser, createPerson, readAnswer, VERIFIER } from '../parties/person.ts'
import { ASSERTION_TYPE, clientAssertion, INNER, JWT_BEARER, jobToken } from '../parties/trusted.ts'

/** What a stranger would have to bring into a name to spend, end or find what is another's. */
const CANARY = 'canary'

/** What each name at the guard begins with, and what stands behind it: an id that we made, or a digest. */
const NAMES =
  /^(?:(?:code|login|par|par code|consent|assertion|dpop|token|logout|device poll|device tries|device open) |)[\w-]{22,43}$|^device [B-Z]{8}$/

/** An issuer whose guard says what it is asked, and who asks it. */
function setUp() {
  const guard = createMemoryGuard(() => NOW, { single: true })
  const names: string[] = []
  let writes = 0
  const noted = new Proxy(guard, {
    get(target, method: keyof Guard) {
      const ask = target[method] as ((...of: unknown[]) => unknown) | undefined
      if (typeof ask !== 'function') return ask
      return (...of: unknown[]) => {
        const [first, , unless] = of
        const step = typeof first === 'object' && !Array.isArray(first) ? (first as { gid: string }).gid : first
        names.push(...[step, method.endsWith('UnlessEnded') ? (unless ?? of[1]) : []].flat().map(String))
        if (!['hasEnded', 'look'].includes(method)) writes++
        return ask(...of)
      }
    },
  })
  const issuer = testIssuer({ guard: noted, clients: { ...VARS.CLIENTS, telly: DEVICE_CLIENTS.pub } })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(
      new Request(ISSUER + path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      }),
    )
  return { ask, post, names, writes: () => writes }
}

/** Returns the nonce that a proof has to bring. */
async function nonceOf(ask: (request: Request) => Promise<Response>, prover: Prover): Promise<string> {
  const headers = { dpop: await prover.prove(), 'content-type': 'application/x-www-form-urlencoded' }
  const body = 'grant_type=authorization_code&client_id=pub&code=x'
  const response = await ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))
  return response.headers.get('dpop-nonce') ?? ''
}

describe('what is remembered', () => {
  // promise: P30
  it('has no name of a stranger’s making: what he calls his own is a digest there, and cannot be another’s', async () => {
    const { ask, post, names } = setUp()
    const [prover, other] = [await createProver(), await createProver()]
    const jti = `${CANARY} code x`
    const proved = async (path: string, form: Record<string, string>) => {
      const claims = { jti: `${jti} ${path} ${names.length}` }
      const dpop = await prover.prove({ url: ISSUER + path, claims, nonce: await nonceOf(ask, prover) })
      const response = await post(path, form, { dpop })
      expect([path, response.status, await response.clone().text()]).toEqual([
        path,
        path === '/par' ? 201 : 200,
        expect.stringContaining('expires_in'),
      ])
      return response
    }
    const client = {
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await clientAssertion(ISSUER, NOW, { jti }),
    }
    await proved('/token', { grant_type: 'client_credentials', resource: INNER, ...client })
    const assertion = await jobToken(ISSUER, NOW, { jti })
    await proved('/token', { grant_type: JWT_BEARER, assertion, client_id: 'runner', resource: INNER, scope: 'deploy' })
    const pushed = await proved('/par', {
      ...{ client_id: 'pub', response_type: 'code', redirect_uri: 'https://app.example/cb', scope: 'read' },
      ...{ code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256', state: CANARY, nonce: CANARY },
    })
    const { request_uri = '' } = (await pushed.json()) as { request_uri?: string }
    const alice = createPerson(ask, { now: () => NOW })
    const code = (await alice.answer('allow', { client_id: 'pub', request_uri })).searchParams.get('code') ?? ''
    await proved('/token', { grant_type: 'authorization_code', code, code_verifier: VERIFIER, client_id: 'pub' })
    const bare = (await alice.answer('allow', { state: CANARY, login_hint: CANARY })).searchParams.get('code') ?? ''
    const { refresh_token = '' } = await readAnswer(await createApp(ask).redeem(bare))
    await createApp(ask).refresh(refresh_token)
    await post('/revoke', { token: refresh_token, client_id: 'pub' })
    await alice.browser.get(`${ISSUER}/logout?state=${CANARY}`)
    const { user_code, device_code } = await createDevice(ask, 'telly').start()
    const owner = createOwner(ask, () => NOW, `${CANARY} device BBBBBBBB`)
    for (const typed of [`poll ${CANARY}`, 'tries x', 'BBBBBBBB', user_code]) await owner.type(typed)
    await owner.answer(user_code, 'allow')
    await createDevice(ask, 'telly').poll(device_code)
    await post('/token', { grant_type: 'authorization_code', code: `${CANARY} ${code}`, client_id: 'pub' })
    expect(other.jkt).not.toBe(prover.jkt)
    expect(names.length).toBeGreaterThan(40)
    expect(names.filter((name) => name.includes(CANARY) || !NAMES.test(name))).toEqual([])
  })

  // promise: P31
  it('is nothing that a stranger can write without end: who has neither a proof nor a person’s yes leaves nothing there', async () => {
    const { ask, post, writes } = setUp()
    const prover = await createProver()
    const nonce = await nonceOf(ask, prover)
    const dpop = () => prover.prove({ url: `${ISSUER}/token`, nonce })
    const junk =
      'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwia2lkIjoicjEuMjA4MzMiLCJ0eXAiOiJjb2RlK2p3ZSJ9..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA'
    const browser = createBrowser(ask)
    const asked = { client_id: 'pub', response_type: 'code', redirect_uri: 'https://app.example/cb', scope: 'read' }
    const challenge = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
    const wrong = { authorization: basic('api-server', 'wrong') }
    for (let times = 0; times < 3; times++) {
      await post('/token', { grant_type: 'authorization_code', code: junk, code_verifier: VERIFIER, client_id: 'pub' })
      await post('/token', { grant_type: 'authorization_code', code: junk, client_id: 'pub' }, { dpop: await dpop() })
      await post(
        '/token',
        { grant_type: 'refresh_token', refresh_token: junk, client_id: 'pub' },
        { dpop: await dpop() },
      )
      await post(
        '/token',
        { grant_type: 'client_credentials', resource: API },
        { authorization: basic('service', 'x') },
      )
      await post('/token', { grant_type: 'client_credentials', resource: API }, { ...wrong, dpop: await dpop() })
      const forged = {
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: `${await clientAssertion(ISSUER, NOW)}A`,
      }
      await post('/token', { grant_type: 'client_credentials', resource: INNER, ...forged })
      await post('/token', {
        grant_type: JWT_BEARER,
        client_id: 'runner',
        assertion: `${await jobToken(ISSUER, NOW)}A`,
      })
      await post('/revoke', { token: junk, client_id: 'pub' })
      await post('/introspect', { token: junk }, wrong)
      await post('/par', { ...asked, ...challenge })
      await post('/revocations', { kind: 'sub', value: 'alice' }, { authorization: basic('operator', 'x') })
      await browser.get(authorizeUrl())
      await browser.get(authorizeUrl({ request_uri: `urn:ietf:params:oauth:request_uri:${junk}`, client_id: 'pub' }))
      await browser.get(`${ISSUER}/login/callback?state=${junk}&login=${junk}`)
      await browser.get(`${ISSUER}/login?state=${junk}`)
      await browser.post(`${ISSUER}/consent`, { consent: junk, decision: 'allow' })
      for (const path of [
        '/',
        '/device',
        '/device?user_code=BBBB-BBBB',
        '/logout',
        '/apps',
        '/healthz?deep',
        '/revocations',
      ])
        await browser.get(ISSUER + path)
      await browser.post(`${ISSUER}/device`, { form: junk, user_code: 'BBBBBBBB' })
      await browser.post(`${ISSUER}/apps`, { press: junk })
    }
    expect(writes()).toBe(0)
    // What does is a device that asks for a code, which has limits of its own.
    expect((await createDevice(ask, 'telly').start()).user_code).toMatch(/^\w{4}-\w{4}$/)
    expect(writes()).toBeGreaterThan(0)
  })
})
