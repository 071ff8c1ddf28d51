/**
 * What this version alone makes, and 0.1.0 refuses.
 *
 * @module
 */

import { expect } from 'vitest'
import type { Purpose } from '../../keys/index.ts'
import { API, basic, ISSUER } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CODE } from '../parties/device.ts'
import { type Ask, authorizeUrl, createBrowser, goesTo, hiddenField } from '../parties/person.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'
import { KNOWN } from './known_settings.ts'
import {
  approve,
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
} from './pair.ts'

/** Something that 0.1.0 does not know. */
export interface NewerArtefact {
  readonly what: string
  /** What 0.1.0 says of it. */
  readonly answer: string
  readonly purposes: readonly Purpose[]
  /** Shows it to 0.1.0, and then that it is as good as before: nothing was spent, or ended. */
  show(pair: Pair): Promise<void>
}

const row = (
  what: string,
  answer: string,
  purposes: readonly Purpose[],
  show: NewerArtefact['show'],
): NewerArtefact => ({
  what,
  answer,
  purposes,
  show,
})

const told = ['openid', 'offline_access']
const plain = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://app.example/cb'] }

const SIGNED = { id_token_signed_response_alg: 'ES256' }

/** What both have: 0.1.0 took scopes that no resource has. */
export const CLIENTS = {
  ...KNOWN.CLIENTS,
  pub: { ...KNOWN.CLIENTS.pub, scopes: [...KNOWN.CLIENTS.pub.scopes, ...told] },
}

/** What this version has, and 0.1.0 is started without. */
export const NEWER = {
  OPENID: {},
  CLIENTS: {
    ...CLIENTS,
    pub: { ...CLIENTS.pub, ...SIGNED },
    tv: { client_name: 'Telly', grant_types: [DEVICE_CODE, 'refresh_token'], resources: [API], scopes: ['read'] },
    free: { ...plain, ...KNOWN.CLIENTS.web, pkce: 'optional', ...SIGNED, scopes: ['openid'], resources: [] },
  },
  RESOURCES: { ...KNOWN.RESOURCES, [API]: { ...KNOWN.RESOURCES[API], branch: 2 } },
  REGISTRATION: { resources: [API], scopes: ['read'] },
  REGISTRATION_KEYS: REGISTRATION_KEYS[0],
}

/** What this version alone makes, what 0.1.0 says of it, and that it lives on when this version is back: nothing was spent, or ended. */
export const NEWER_ARTEFACTS: readonly NewerArtefact[] = [
  row(
    'a code and a refresh token with `openid`',
    'tokens for the API that is named, without an ID token; `invalid_target` where none is',
    ['code', 'refresh'],
    async (pair) => {
      const { maker, taker } = pair
      const code = await approve(pair, maker, { scope: 'read openid' })
      expect(await refused(redeem(taker, code))).toEqual([400, 'invalid_target'])
      const first = await granted(redeem(maker, code))
      expect(first).toHaveProperty('id_token')
      expect(await refused(refresh(taker, first.refresh_token))).toEqual([400, 'invalid_target'])
      const next = await granted(refresh(taker, first.refresh_token, 'pub', { resource: API }))
      expect(next).not.toHaveProperty('id_token')
      const [one, other] = await Promise.all([maker, taker].map((side) => introspect(side, next.access_token)))
      expect([one?.active, other?.active]).toEqual([true, true])
      // 0.1.0 passes on what it does not know of an approval, or not: claims that were asked for are asked for no more.
      await granted(refresh(maker, next.refresh_token))
    },
  ),
  row('a refresh token with `offline_access`, after a logout', '`invalid_grant`', ['refresh'], async (pair) => {
    const { maker, taker } = pair
    const { page, at } = await logIn(pair, maker, { scope: 'read offline_access' })
    const form = { consent: hiddenField(page, 'consent'), decision: 'allow' }
    const answered = goesTo(await (await at(maker).post(`${ISSUER}/consent`, form)).text())
    const code = new URL(answered).searchParams.get('code') ?? ''
    const { refresh_token } = await granted(redeem(maker, code))
    const token = hiddenField(await (await at(maker).get(`${ISSUER}/logout`)).text(), 'token')
    expect((await at(maker).post(`${ISSUER}/logout`, { token })).status).toBe(200)
    expect(await refused(refresh(taker, refresh_token, 'pub', { resource: API }))).toEqual(GONE)
    await granted(refresh(maker, refresh_token))
  }),
  row('a session of an OpenID provider', 'it goes on, and back here too', ['session'], async (pair) => {
    const { maker, taker } = pair
    const { at } = await logIn(pair, maker, { scope: 'read openid' })
    for (const side of [taker, maker]) {
      // It is written anew by each.
      pair.wait(120)
      expect(hiddenField(await (await at(side).get(authorizeUrl({ resource: API }))).text(), 'consent')).not.toBe('')
    }
    const again = await at(maker).get(authorizeUrl({ resource: API, scope: 'read openid' }))
    expect(hiddenField(await again.text(), 'consent')).not.toBe('')
  }),
  row(
    'a device that waits, and its refresh token',
    '`invalid_client`, and the person’s page is not found',
    ['device'],
    async (pair) => {
      const { maker, taker } = pair
      const [here, there] = [createDevice(maker.ask, 'tv'), createDevice(taker.ask, 'tv')]
      const { device_code, user_code, interval } = await here.start({ resource: API })
      expect(await refused(there.poll(device_code))).toEqual([401, 'invalid_client'])
      for (const path of ['device', 'device_authorization'])
        expect((await taker.ask(new Request(`${ISSUER}/${path}`))).status).toBe(404)
      expect((await createOwner(maker.ask, pair.at).answer(user_code, 'allow')).status).toBe(200)
      pair.wait(interval + 1)
      const { refresh_token } = await granted(here.poll(device_code))
      expect((await refresh(taker, refresh_token, 'tv')).status).toBe(401)
      await granted(refresh(maker, refresh_token, 'tv'))
    },
  ),
  row(
    'a client that registered, its code and refresh token',
    '`invalid_client`, and a page of 400',
    ['code', 'refresh'],
    async (pair) => {
      const { maker, taker } = pair
      const metadata = { client_name: 'CLI', ...plain, token_endpoint_auth_method: 'none' }
      const registering = { method: 'POST', headers: { 'content-type': 'application/json' } }
      const made = await maker.ask(
        new Request(`${ISSUER}/register`, { ...registering, body: JSON.stringify(metadata) }),
      )
      const { client_id } = (await made.json()) as { client_id: string }
      const code = await approve(pair, maker, { client_id })
      expect((await redeem(taker, code, client_id)).status).toBe(401)
      const { refresh_token } = await granted(redeem(maker, code, client_id))
      expect((await refresh(taker, refresh_token, client_id)).status).toBe(401)
      expect((await createBrowser(taker.ask).get(authorizeUrl({ client_id, resource: API }))).status).toBe(400)
      await granted(refresh(maker, refresh_token, client_id))
    },
  ),
  row('a token for userinfo', 'not active; there is no `/userinfo`', ['userinfo'], async (pair) => {
    const { maker, taker } = pair
    const code = await approve(pair, maker, { scope: 'openid', resource: undefined })
    const { access_token } = await granted(redeem(maker, code))
    const ask = ({ ask: at }: Side) =>
      at(new Request(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } }))
    expect((await ask(taker)).status).toBe(404)
    expect((await introspect(taker, access_token)).active).toBe(false)
    expect((await post(taker, 'revoke', { token: access_token, client_id: 'pub' })).status).toBe(200)
    expect((await ask(maker)).status).toBe(200)
  }),
  row('an ID token as a hint', 'the page of a logout, as without it', ['sign'], async (pair) => {
    const { maker, taker } = pair
    const { id_token } = (await granted(
      redeem(maker, await approve(pair, maker, { scope: 'openid', resource: undefined })),
    )) as unknown as { id_token: string }
    const url = `${ISSUER}/logout?${new URLSearchParams({ id_token_hint: id_token, client_id: 'pub' })}`
    for (const { ask } of [taker, maker]) expect((await createBrowser(ask).get(url)).status).toBe(200)
  }),
  row('a code without a challenge', '`invalid_client`', ['code'], async (pair) => {
    const { maker, taker } = pair
    const changes = {
      client_id: 'free',
      scope: 'openid',
      resource: undefined,
      code_challenge: undefined,
      code_challenge_method: undefined,
      nonce: 'n',
    }
    const code = await approve(pair, maker, changes)
    const send = ({ ask }: { ask: Ask }) =>
      ask(
        new Request(`${ISSUER}/token`, {
          method: 'POST',
          headers: { authorization: basic('free', 'web-secret') },
          body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: 'https://app.example/cb' }),
        }),
      )
    expect(await refused(send(taker))).toEqual([401, 'invalid_client'])
    expect((await send(maker)).status).toBe(200)
  }),
  row('a token under the next keys of its API', 'not active', ['access'], async (pair) => {
    const token = await mint(pair.maker, API)
    expect((await introspect(pair.taker, token)).active).toBe(false)
    expect((await post(pair.taker, 'revoke', { token }, 'machine')).status).toBe(200)
    expect((await introspect(pair.maker, token)).active).toBe(true)
  }),
  row('a consent whose answer goes by a form', 'a page of `invalid_request`', ['consent'], async (pair) => {
    const { page, at } = await logIn(pair, pair.maker, { response_mode: 'form_post' })
    const form = { consent: hiddenField(page, 'consent'), decision: 'allow' }
    expect((await at(pair.taker).post(`${ISSUER}/consent`, form)).status).toBe(400)
    const answered = await at(pair.maker).post(`${ISSUER}/consent`, form)
    await granted(redeem(pair.maker, hiddenField(await answered.text(), 'code')))
  }),
]
