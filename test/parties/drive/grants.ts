/**
 * What is granted to whom: nothing here has to be remembered by more than one request.
 *
 * @module
 */

import assert from 'node:assert/strict'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { createVerifier, remoteKeys } from '../../../src/verifier/index.ts'
import { API, ISSUER, PARTNER, PARTNER_KEY, SECRETS, SIGNED, tokenRequest } from '../../fixtures.ts'
import { createProver, withProofs } from '../dpop.ts'
import { type Ask, authorizeUrl, createApp, createPerson, pushedBy, REQUESTS, VERIFIER } from '../person.ts'
import { formRequest } from '../servers.ts'
import {
  ACCESS_TOKEN,
  ASSERTION_TYPE,
  clientAssertion,
  FRONT,
  INNER,
  JWT_BEARER,
  jobToken,
  TOKEN_EXCHANGE,
} from '../trusted.ts'
import { approve, errorOf, introspect, type Step, tokensOf } from './step.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)

/** Fetches as the servers beside the issuer do. */
const fetchBy =
  (ask: Ask) =>
  async (url: string, init?: RequestInit): Promise<Response> =>
    ask(new Request(url, init))

const askedFor = async (ask: Ask): Promise<JSONWebKeySet> =>
  (await (await ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet

/** Redeems a code of `shop`, whose API lets its tokens be exchanged. */
async function shopToken(ask: Ask): Promise<string> {
  const asked = { client_id: 'shop', redirect_uri: 'https://shop.example/cb', resource: FRONT, scope: 'read write' }
  const answer = await createPerson(ask).answer('allow', asked)
  const redeemed = await createApp(ask, { client: 'shop' }).redeem(answer.searchParams.get('code') ?? '')
  return (await tokensOf(redeemed)).access_token
}

/** The steps, in their order. */
export const GRANTS: readonly Step[] = [
  [
    'gives a client a token that its API opens offline, by keys that it fetched before',
    async (ask) => {
      const { access_token, token_type } = await tokensOf(await ask(tokenRequest()))
      assert.equal(token_type, 'Bearer')
      const fetch = fetchBy(ask)
      const url = `${ISSUER}/keys?resource=${encodeURIComponent(API)}`
      const keys = remoteKeys({ url, clientId: 'api-server', clientSecret: SECRETS['api-server'], fetch })
      const result = await createVerifier({ issuer: ISSUER, resource: API, keys, fetch }).verify(access_token)
      assert.ok(result.ok, JSON.stringify(result))
      assert.equal(result.entitlement.sub, 'client:service')
    },
  ],
  [
    'gives a token that a partner opens by a key of its own, and by what is public',
    async (ask) => {
      const form = { grant_type: 'client_credentials', resource: PARTNER }
      const { access_token } = await tokensOf(await ask(tokenRequest({ client: 'machine', form })))
      const decryptionKeys = { keys: [PARTNER_KEY] }
      const options = { issuer: ISSUER, resource: PARTNER, decryptionKeys, jwks: await askedFor(ask) }
      const result = await createVerifier(options).verify(access_token)
      assert.ok(result.ok, JSON.stringify(result))
      assert.deepEqual(result.entitlement.scope, ['reports'])
    },
  ],
  [
    'takes a client’s own signature in place of a secret (RFC 7523)',
    async (ask) => {
      const client_assertion = await clientAssertion(ISSUER, seconds())
      const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion }
      await tokensOf(
        await ask(tokenRequest({ headers: { authorization: undefined }, form: { ...form, resource: INNER } })),
      )
    },
  ],
  [
    'takes what an issuer signed that it trusts (RFC 7523)',
    async (ask) => {
      const assertion = await jobToken(ISSUER, seconds())
      const form = { grant_type: JWT_BEARER, client_id: 'runner', assertion, resource: INNER, scope: 'deploy' }
      const { scope } = await tokensOf(await ask(tokenRequest({ headers: { authorization: undefined }, form })))
      assert.equal(scope, 'deploy')
    },
  ],
  [
    'lets a person log in and allow, and gives the app tokens for its code (RFC 6749 §4.1)',
    async (ask) => {
      const { app, code } = await approve(ask, 'web')
      const { access_token, refresh_token } = await tokensOf(await app.redeem(code))
      assert.deepEqual([(await introspect(ask, access_token))['sub'], typeof refresh_token], ['alice', 'string'])
    },
  ],
  [
    'exchanges a person’s token for one of the API behind (RFC 8693)',
    async (ask) => {
      const subject = { subject_token: await shopToken(ask), subject_token_type: ACCESS_TOKEN }
      const form = { grant_type: TOKEN_EXCHANGE, ...subject, resource: INNER, scope: 'stock' }
      const { scope } = await tokensOf(await ask(tokenRequest({ client: 'gateway', form })))
      assert.equal(scope, 'stock')
    },
  ],
  [
    'asks nobody twice, and tells the app where somebody says no',
    async (ask) => {
      const { person } = await approve(ask, 'web')
      const silent = await person.browser.get(authorizeUrl({ ...REQUESTS['web'], prompt: 'none' }))
      const back = new URL(silent.headers.get('location') ?? '')
      assert.deepEqual([back.searchParams.get('iss'), back.searchParams.get('error')], [ISSUER, null])
      assert.ok(back.searchParams.get('code'))
      const denied = await createPerson(ask, { name: 'bob' }).answer('deny', REQUESTS['pub'])
      assert.equal(denied.searchParams.get('error'), 'access_denied')
    },
  ],
  [
    'spends nothing for what is wrong: the code is good afterwards (RFC 7636)',
    async (ask) => {
      const { app, code } = await approve(ask, 'pub')
      const wrong = await app.redeem(code, { code_verifier: VERIFIER.toLowerCase() })
      assert.deepEqual(await errorOf(wrong), [400, 'invalid_grant'])
      await tokensOf(await app.redeem(code))
    },
  ],
  [
    'takes a request that was pushed, of whom that is asked by no other way (RFC 9126)',
    async (ask) => {
      const app = createApp(ask, { client: 'pushing' })
      const person = createPerson(ask)
      const plain = await person.browser.get(authorizeUrl(REQUESTS['pushing']))
      assert.match(plain.headers.get('location') ?? '', /error=invalid_request/)
      const answer = await person.answer('allow', await pushedBy('pushing', await app.push()))
      await tokensOf(await app.redeem(answer.searchParams.get('code') ?? ''))
    },
  ],
  [
    'gives a key its own tokens, which ask for a nonce first, and stay the key’s (RFC 9449)',
    async (ask) => {
      const prover = await createProver()
      const { code } = await approve(ask, 'pub')
      const holder = createApp(withProofs(ask, prover))
      const first = await tokensOf(await holder.redeem(code))
      assert.equal(first.token_type, 'DPoP')
      assert.deepEqual((await introspect(ask, first.access_token))['cnf'], { jkt: prover.jkt })
      const again = await tokensOf(await holder.refresh(first.refresh_token ?? ''))
      assert.equal(again.token_type, 'DPoP')
      const thief = createApp(withProofs(ask, await createProver()))
      assert.deepEqual(await errorOf(await thief.refresh(first.refresh_token ?? '')), [400, 'invalid_grant'])
    },
  ],
  [
    'tells an app who logged in, signed, and says it again to its token (OpenID Connect Core)',
    async (ask) => {
      const { app, code } = await approve(ask, 'web', { scope: 'openid', nonce: 'n-0S6', resource: '' })
      const { id_token = '', access_token } = await tokensOf(await app.redeem(code))
      const rules = { issuer: ISSUER, audience: 'web' }
      const { payload } = await jwtVerify(id_token, createLocalJWKSet(await askedFor(ask)), rules)
      assert.deepEqual([payload.sub, payload['nonce']], ['alice', 'n-0S6'])
      const headers = { authorization: `Bearer ${access_token}` }
      const told = await ask(new Request(`${ISSUER}/userinfo`, { headers }))
      assert.deepEqual(await told.json(), { sub: 'alice' })
    },
  ],
  [
    'tells a server what a token is for, by its word or signed, and nothing to another’s (RFC 7662, 9701)',
    async (ask) => {
      const form = { grant_type: 'client_credentials', resource: SIGNED }
      const { access_token: token } = await tokensOf(await ask(tokenRequest({ client: 'machine', form })))
      assert.deepEqual(await introspect(ask, token), { active: false })
      const accept = 'application/token-introspection+jwt'
      const told = await ask(formRequest('/introspect', 'partner-server', { token }, { accept }))
      const rules = { issuer: ISSUER, audience: 'partner-server' }
      const { payload } = await jwtVerify(await told.text(), createLocalJWKSet(await askedFor(ask)), rules)
      const { active, sub } = payload['token_introspection'] as Readonly<Record<string, unknown>>
      assert.deepEqual([active, sub], [true, 'client:machine'])
      const nobody = await ask(formRequest('/introspect', undefined, { token }))
      assert.deepEqual(await errorOf(nobody), [401, 'invalid_client'])
    },
  ],
]
