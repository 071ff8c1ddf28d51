/**
 * All that one version makes and another takes.
 *
 * @module
 */

import { importJWK, SignJWT } from 'jose'
import { expect } from 'vitest'
import type { Purpose } from '../../keys/index.ts'
import { API, API2, ISSUER, PARTNER, SIGNED } from '../fixtures.ts'
import { createProver, type Prover, withProofs } from '../parties/dpop.ts'
import {
  type Ask,
  authorizeUrl,
  createApp,
  createBrowser,
  formOf,
  goesTo,
  hiddenField,
  signLogin,
} from '../parties/person.ts'
import {
  ACCESS_TOKEN,
  ASSERTION_TYPE,
  CLIENT_KEY,
  clientAssertion,
  JWT_BEARER,
  jobToken,
  TOKEN_EXCHANGE,
} from '../parties/trusted.ts'
import { CERTIFICATE } from './certificates.ts'
import { MARKED, PAIRWISE } from './known_settings.ts'
import {
  approve,
  exported,
  formTo,
  GONE,
  granted,
  introspect,
  logIn,
  mint,
  type Pair,
  post,
  redeem,
  refresh,
  refused,
  type Side,
  switching,
  verifierOf,
} from './pair.ts'

/** An artefact, and what is to hold of it between two versions. */
export interface Artefact {
  readonly what: string
  readonly holds: string
  /** Which keys it needs. */
  readonly purposes: readonly Purpose[]
  take(pair: Pair): Promise<void>
}

const row = (what: string, holds: string, purposes: readonly Purpose[], take: Artefact['take']): Artefact => ({
  what,
  holds,
  purposes,
  take,
})

/** Asks as the holder of a key does, at whichever of the pair. */
async function proving(pair: Pair, prover?: Prover) {
  const { ask, ...turns } = switching(pair)
  const key = prover ?? (await createProver())
  return { ...turns, key, side: { ask: withProofs(ask, key, pair.at) } }
}

/** Asks as the holder of a certificate does. */
const certified = ({ ask }: Pick<Side, 'ask'>, subject: string): Pick<Side, 'ask'> => ({
  ask: (request) => {
    request.headers.set(CERTIFICATE, subject)
    return ask(request)
  },
})

const isActive = async (side: Side, token: string): Promise<boolean> => (await introspect(side, token)).active

/** The code of what a browser was sent back with. */
const codeIn = (location: string | null): string => new URL(location ?? '').searchParams.get('code') ?? ''

/** The kinds of access tokens, and which keys each needs beside those of its resource. */
const KINDS: readonly (readonly [string, string, Purpose?])[] = [
  [API, 'at resource servers and introspection of either, by keys that either tells or exported'],
  [API2, 'so under `A256CBC-HS512`'],
  [PARTNER, 'so nested, to a key of the server’s own', 'sign'],
  [SIGNED, 'so nested, under a leaf', 'sign'],
  [MARKED, 'so with a mark', 'mark'],
]

const ACCESS_TOKENS = KINDS.map(([resource, holds, purpose]) =>
  row('access token', holds, purpose === undefined ? ['access'] : ['access', purpose], async (pair) => {
    const token = await mint(pair.maker, resource)
    const both = [pair.maker, pair.taker]
    for (const { version } of both)
      for (const told of both) {
        expect(await verifierOf(pair, version, told, resource).verify(token)).toMatchObject({ ok: true })
        if (resource === PARTNER) continue
        const keys = exported(told.version, pair.ring, resource, pair.at())
        expect(await verifierOf(pair, version, told, resource, keys).verify(token)).toMatchObject({ ok: true })
      }
    if (resource !== PARTNER) expect(await isActive(pair.taker, token)).toBe(true)
  }),
)

const CODES: readonly Artefact[] = [
  row('code', 'is redeemed once, wherever it is tried again', ['code'], async (pair) => {
    const code = await approve(pair, pair.maker)
    const { access_token, refresh_token } = await granted(redeem(pair.taker, code))
    expect(await refused(redeem(pair.maker, code))).toEqual(GONE)
    expect(await isActive(pair.maker, access_token)).toBe(false)
    expect(await refused(refresh(pair.taker, refresh_token))).toEqual(GONE)
  }),
  row('code', 'that was redeemed where it was made is redeemed nowhere else', ['code'], async (pair) => {
    const code = await approve(pair, pair.maker)
    await granted(redeem(pair.maker, code))
    expect(await refused(redeem(pair.taker, code))).toEqual(GONE)
  }),
  row('code', 'with details, for several resources', ['code', 'refresh'], async (pair) => {
    const wish = [
      { type: 'payment', amount: { value: '9.00', currency: 'EUR' }, creditorName: 'Shop' },
      { type: 'account', actions: ['balance'] },
    ]
    const asked = { resource: `${API} ${API2}`, authorization_details: JSON.stringify(wish) }
    const code = await approve(pair, pair.maker, asked)
    const first = await granted(redeem(pair.taker, code, 'pub', { resource: API }))
    const next = await granted(refresh(pair.maker, first.refresh_token, 'pub', { resource: API }))
    for (const { access_token } of [first, next]) {
      const { authorization_details: told } = (await introspect(pair.taker, access_token)) as {
        authorization_details?: unknown
      }
      expect(told).toMatchObject(wish)
    }
    await granted(refresh(pair.taker, next.refresh_token, 'pub', { resource: API2 }))
  }),
  row('code', 'that only one key may redeem', ['code', 'nonce'], async (pair) => {
    const { side, key, toTaker } = await proving(pair)
    const code = await approve(pair, pair.maker, { dpop_jkt: key.jkt })
    expect((await redeem(pair.taker, code)).status).toBe(400)
    toTaker()
    expect((await granted(redeem(side, code))).token_type).toBe('DPoP')
  }),
  row(
    'code',
    'of a client in the profile of FAPI: pushed, by assertions, bound',
    ['code', 'par', 'refresh'],
    async (pair) => {
      const { side, toTaker, toMaker } = await proving(pair)
      let count = 0
      const asBank = async (path: string, form: Readonly<Record<string, string>>) => {
        const claims = {
          iss: 'bank',
          sub: 'bank',
          aud: ISSUER,
          iat: pair.at(),
          exp: pair.at() + 60,
          jti: `bank ${count++}`,
        }
        const signer = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'bank-1' })
        // Asked again for a nonce, an assertion has not been used.
        const client_assertion = await signer.sign(await importJWK(CLIENT_KEY, 'ES256'))
        return side.ask(formTo(path, { ...form, client_assertion, client_assertion_type: ASSERTION_TYPE }))
      }
      const asked = new URL(authorizeUrl({ client_id: 'bank', resource: API })).searchParams
      const { request_uri } = (await (await asBank('par', Object.fromEntries(asked))).json()) as { request_uri: string }
      const code = await approve(pair, pair.taker, { client_id: 'bank', request_uri, resource: undefined })
      toTaker()
      const form = {
        grant_type: 'authorization_code',
        code,
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      }
      const { refresh_token } = await granted(asBank('token', { ...form, redirect_uri: 'https://app.example/cb' }))
      toMaker()
      await granted(asBank('token', { grant_type: 'refresh_token', refresh_token }))
    },
  ),
]

const REFRESH_TOKENS: readonly Artefact[] = [
  row('refresh token', 'rotates to and fro, until an old one comes back', ['refresh'], async (pair) => {
    const first = await granted(redeem(pair.maker, await approve(pair, pair.maker)))
    const second = await granted(refresh(pair.taker, first.refresh_token))
    await granted(refresh(pair.maker, first.refresh_token))
    const third = await granted(refresh(pair.maker, second.refresh_token))
    await granted(refresh(pair.taker, third.refresh_token))
    pair.wait(31)
    expect(await refused(refresh(pair.taker, first.refresh_token))).toEqual(GONE)
    for (const side of [pair.maker, pair.taker]) expect(await refused(refresh(side, third.refresh_token))).toEqual(GONE)
  }),
  row('refresh token', 'of a client with a secret stays as it is', ['refresh'], async (pair) => {
    const code = await approve(pair, pair.maker, { client_id: 'web' })
    const { refresh_token } = await granted(redeem(pair.maker, code, 'web'))
    for (const side of [pair.taker, pair.maker, pair.taker]) await granted(refresh(side, refresh_token, 'web'))
  }),
  row('refresh token', 'that is bound to a key, with a nonce', ['refresh', 'nonce'], async (pair) => {
    const code = await approve(pair, pair.maker)
    const { side, toTaker, toMaker } = await proving(pair)
    const bound = await granted(redeem(side, code))
    expect(bound.token_type).toBe('DPoP')
    for (const turn of [toTaker, toMaker, toTaker]) {
      turn()
      await granted(refresh(side, bound.refresh_token))
    }
    for (const plain of [pair.maker, pair.taker]) expect((await refresh(plain, bound.refresh_token)).status).toBe(400)
  }),
  row('refresh token', 'that is bound to a certificate', ['refresh'], async (pair) => {
    const holder = { client_id: 'holder' }
    const code = await approve(pair, pair.maker, holder)
    const { refresh_token } = await granted(redeem(certified(pair.maker, 'CN=holder'), code, 'holder'))
    await granted(refresh(certified(pair.taker, 'CN=holder'), refresh_token, 'holder'))
    for (const plain of [pair.maker, pair.taker])
      expect((await refresh(plain, refresh_token, 'holder')).status).toBe(400)
  }),
  row(
    'refresh token',
    'whose family moves into a key ends when an old one comes back',
    ['refresh', 'nonce'],
    async (pair) => {
      const old = await granted(redeem(pair.maker, await approve(pair, pair.maker)))
      const { side, toTaker, toMaker } = await proving(pair)
      toTaker()
      const bound = await granted(refresh(side, old.refresh_token))
      expect(bound.token_type).toBe('DPoP')
      for (const turn of [toMaker, toTaker]) {
        turn()
        await granted(refresh(side, bound.refresh_token))
      }
      pair.wait(31)
      expect(await refused(refresh(pair.maker, old.refresh_token))).toEqual(GONE)
      for (const turn of [toMaker, toTaker]) {
        turn()
        expect(await refused(refresh(side, bound.refresh_token))).toEqual(GONE)
      }
    },
  ),
]

const PROOFS: readonly Artefact[] = [
  row('proof', 'that was shown at one is taken by none', ['nonce'], async (pair) => {
    const code = await approve(pair, pair.maker)
    const prover = await createProver()
    const form = { client_id: 'pub', grant_type: 'refresh_token' }
    const show = (side: Side, proof: string, refresh_token: string) => {
      const request = formTo('token', { ...form, refresh_token })
      request.headers.set('dpop', proof)
      return side.ask(request)
    }
    const { refresh_token } = await granted(redeem((await proving(pair, prover)).side, code))
    const told = await show(pair.maker, await prover.prove({ now: pair.at() }), refresh_token)
    const proof = await prover.prove({ now: pair.at(), nonce: told.headers.get('dpop-nonce') ?? '' })
    await granted(show(pair.maker, proof, refresh_token))
    for (const side of [pair.taker, pair.maker])
      expect(await refused(show(side, proof, refresh_token))).toEqual([400, 'invalid_dpop_proof'])
  }),
  row('client assertion', 'that was shown at one is taken by none', [], async (pair) => {
    const client_assertion = await clientAssertion(ISSUER, pair.at())
    const form = {
      grant_type: 'client_credentials',
      resource: API,
      client_assertion,
      client_assertion_type: ASSERTION_TYPE,
    }
    await granted(post(pair.maker, 'token', form))
    for (const side of [pair.taker, pair.maker])
      expect(await refused(post(side, 'token', form))).toEqual([401, 'invalid_client'])
  }),
  row('assertion of a trusted issuer', 'that was shown at one is taken by none', [], async (pair) => {
    const assertion = await jobToken(ISSUER, pair.at(), {}, { header: { typ: 'JWT' } })
    const form = { grant_type: JWT_BEARER, client_id: 'runner', assertion, resource: API }
    await granted(post(pair.maker, 'token', form))
    for (const side of [pair.taker, pair.maker]) expect(await refused(post(side, 'token', form))).toEqual(GONE)
  }),
  row('mark', 'of a token that is exchanged', ['access', 'mark'], async (pair) => {
    const code = await approve(pair, pair.maker, { resource: MARKED })
    const { access_token } = await granted(redeem(pair.maker, code))
    const brought = { subject_token: access_token, subject_token_type: ACCESS_TOKEN, resource: API }
    await granted(post(pair.taker, 'token', { grant_type: TOKEN_EXCHANGE, ...brought }, 'gateway'))
  }),
]

const PEOPLE: readonly Artefact[] = [
  row('pushed request', 'leads to one code', ['par', 'login', 'session', 'consent'], async (pair) => {
    const asked = new URL(authorizeUrl({ client_id: 'web', resource: API })).searchParams
    const pushed = await post(pair.maker, 'par', Object.fromEntries(asked), 'web')
    const { request_uri } = (await pushed.json()) as { request_uri: string }
    const { page, at } = await logIn(pair, pair.taker, { client_id: 'web', request_uri, resource: undefined })
    const consents = [hiddenField(page, 'consent')]
    const url = `${ISSUER}/authorize?${formOf({ client_id: 'web', request_uri })}`
    consents.push(hiddenField(await (await at(pair.taker).get(url)).text(), 'consent'))
    const answers = []
    for (const [index, side] of [pair.maker, pair.taker].entries()) {
      const form = { consent: consents[index] ?? '', decision: 'allow' }
      const answered = await at(side).post(`${ISSUER}/consent`, form)
      answers.push([answered.status, goesTo(await answered.text()).includes('code=')])
    }
    expect(answers[0]).toEqual([200, true])
    expect(answers[1]).toEqual([expect.any(Number), false])
  }),
  row(
    'login',
    'under way, a consent that is asked, a session, and what was remembered',
    ['login', 'consent', 'session', 'remember'],
    async (pair) => {
      const { ask, toTaker, toMaker } = switching(pair)
      const browser = createBrowser(ask)
      const url = authorizeUrl({ resource: API })
      const begun = await browser.get(url)
      toTaker()
      const back = await browser.get(await signLogin(begun.headers.get('location') ?? '', 'alice', { now: pair.at() }))
      expect(back.status).toBe(303)
      toMaker()
      const consent = hiddenField(await (await browser.get(url)).text(), 'consent')
      toTaker()
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
      await granted(redeem(pair.maker, codeIn(goesTo(await answered.text()))))
      // Remembered: nobody is asked again, at either.
      for (const turn of [toMaker, toTaker]) {
        turn()
        expect(codeIn((await browser.get(url)).headers.get('location'))).not.toBe('')
      }
    },
  ),
  row(
    'consent',
    'is taken once more by the other, in the same session: another code for the same client',
    ['consent', 'session'],
    async (pair) => {
      const { page, at } = await logIn(pair, pair.maker)
      const form = { consent: hiddenField(page, 'consent'), decision: 'allow' }
      for (const side of [pair.maker, pair.taker]) {
        const answered = await at(side).post(`${ISSUER}/consent`, form)
        await granted(redeem(side, codeIn(goesTo(await answered.text()))))
      }
      const answered = await Promise.all(
        [pair.maker, pair.taker].map((side) => at(side).post(`${ISSUER}/consent`, form)),
      )
      // This version shows the same code again, for a form that was pressed twice, and 0.1.0 none.
      for (const answer of answered) {
        const location = goesTo(await answer.text())
        if (location === '') expect(answer.status).toBe(409)
        else expect(await refused(redeem(pair.maker, codeIn(location)))).toEqual(GONE)
      }
    },
  ),
  row('session', 'that moves on, and ends for good: by a form that the other showed', ['session'], async (pair) => {
    const { cookies, at } = await logIn(pair, pair.maker)
    const url = authorizeUrl({ resource: API })
    for (const side of [pair.taker, pair.maker, pair.taker]) {
      pair.wait(120)
      expect(hiddenField(await (await at(side).get(url)).text(), 'consent')).not.toBe('')
    }
    const copy = new Map(cookies)
    const token = hiddenField(await (await at(pair.maker).get(`${ISSUER}/logout`)).text(), 'token')
    expect((await at(pair.taker).post(`${ISSUER}/logout`, { token })).status).toBe(200)
    for (const { ask } of [pair.maker, pair.taker])
      expect((await createBrowser(ask, new Map(copy)).get(url)).headers.get('location')).toContain(
        'https://login.example/login',
      )
  }),
  row('session', 'of a login of which nobody told when', ['session', 'code', 'refresh'], async (pair) => {
    const { ask, toTaker, toMaker } = switching(pair)
    const browser = createBrowser(ask)
    const url = authorizeUrl({ resource: API })
    const location = (await browser.get(url)).headers.get('location') ?? ''
    await browser.get(await signLogin(location, 'alice', { now: pair.at(), claims: { auth_time: undefined } }))
    toTaker()
    const consent = hiddenField(await (await browser.get(url)).text(), 'consent')
    const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    toMaker()
    const first = await granted(redeem(pair.taker, codeIn(goesTo(await answered.text()))))
    const again = await granted(createApp(ask as Ask).refresh(first.refresh_token))
    for (const { access_token } of [first, again])
      for (const side of [pair.maker, pair.taker])
        expect(await introspect(side, access_token)).toMatchObject({ active: true, sub: 'alice' })
  }),
  row('pairwise name', 'of a person is the same', ['access'], async (pair) => {
    const names = []
    for (const side of [pair.maker, pair.taker]) {
      const { access_token } = await granted(redeem(side, await approve(pair, side, { resource: PAIRWISE })))
      names.push((await introspect(pair.taker, access_token)).sub)
    }
    expect(names[0]).toMatch(/^[\w-]{43}$/)
    expect(names[1]).toBe(names[0])
  }),
]

const OTHERS: readonly Artefact[] = [
  row('access token', 'without a client, and one of a client by certificate', ['access'], async (pair) => {
    const token = await mint(pair.maker, API2, 'anon')
    expect(await verifierOf(pair, pair.taker.version, pair.taker, API2).verify(token)).toMatchObject({ ok: true })
    const named = { grant_type: 'client_credentials', client_id: 'named', resource: API }
    const { access_token } = await granted(post(certified(pair.maker, 'CN=named'), 'token', named))
    expect(await isActive(pair.taker, access_token)).toBe(true)
  }),
  row('public keys', 'are the same, those that come next too', ['sign'], async (pair) => {
    const told = await Promise.all(
      [pair.maker, pair.taker].map(async ({ ask }) => {
        const { keys } = (await (await ask(new Request(`${ISSUER}/jwks`))).json()) as {
          keys: readonly { kid: string; x: string }[]
        }
        return keys.map(({ kid, x }) => `${kid} ${x}`).sort()
      }),
    )
    expect(told[0]?.length).toBeGreaterThan(2)
    expect(told[1]).toEqual(told[0])
  }),
]

/** All of them. */
export const ARTEFACTS: readonly Artefact[] = [
  ...ACCESS_TOKENS,
  ...OTHERS,
  ...CODES,
  ...REFRESH_TOKENS,
  ...PROOFS,
  ...PEOPLE,
]
