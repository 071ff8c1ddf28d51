/**
 * What requests are made of: artefacts that the issuer gave, and signed ones whose claims are of every wrong type.
 *
 * @module
 */

import { SignJWT } from 'jose'
import { importJWK } from 'jose/key/import'
import { createMemoryGuard, createMemoryRevocations, type Issuer } from '../../src/index.ts'
import { API, API2, ISSUER, LOGIN_KEY, NOW, SIGNED, testIssuer, tokenRequest, VARS } from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { authorizeUrl, createApp, createPerson, hiddenField, pushedBy, readAnswer } from '../parties/person.ts'
import { clientAssertion, FRONT, jobToken, NEST } from '../parties/trusted.ts'

/** Values that no claim is meant to have, or not of that type. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  '',
  '\0',
  '\u202e\u200b',
  'x'.repeat(3000),
  [],
  [null],
  [[]],
  ['a', 'a'],
  {},
  { toString: 1, valueOf: 1, toJSON: 1 },
  [{ toString: 1 }],
  { length: 1, 0: 'a' },
  '__proto__',
  'constructor',
  NOW,
  [ISSUER],
]

/** Artefacts by their kind. */
export type Artefacts = Readonly<Record<ArtefactKind, readonly string[]>>

/** The kinds of artefacts. */
export type ArtefactKind =
  | 'access'
  | 'refresh'
  | 'code'
  | 'request_uri'
  | 'consent'
  | 'login_state'
  | 'login'
  | 'assertion'
  | 'job'
  | 'proof'
  | 'cookie'
  | 'logout'

const REQUEST = { resource: API, scope: 'read' }
/** How often each is made. */
const TIMES = [1, 2, 3]

/** Signs a statement with each of its claims, in its turn, of every odd type, or left out. */
async function signOdd(
  claims: readonly string[],
  sign: (changes: Readonly<Record<string, unknown>>) => Promise<string>,
): Promise<readonly string[]> {
  const odd = claims.flatMap((claim) => [...ODD_VALUES, undefined].map((value) => ({ [claim]: value })))
  return [await sign({}), ...(await Promise.all(odd.map(sign)))]
}

async function signLogins(state: string): Promise<readonly string[]> {
  const key = await importJWK(LOGIN_KEY, 'ES256')
  const asked = {
    iss: VARS.LOGIN.issuer,
    aud: ISSUER,
    sub: 'alice',
    iat: NOW,
    exp: NOW + 60,
    auth_time: NOW,
    nonce: state,
  }
  return signOdd(['iss', 'aud', 'sub', 'iat', 'exp', 'nonce', 'auth_time', 'name', 'acr', 'amr', 'jti'], (changes) => {
    const present = Object.entries({ ...asked, ...changes }).filter(([, value]) => value !== undefined)
    return new SignJWT(Object.fromEntries(present))
      .setProtectedHeader({ alg: 'ES256', kid: LOGIN_KEY.kid, typ: 'login+jwt' })
      .sign(key)
  })
}

/** Returns the settings that all issuers of a run share; each has a memory of its own. */
export function freshIssuer(log: Parameters<typeof testIssuer>[0] = {}): Issuer {
  return testIssuer({
    dpopNonce: false,
    guard: createMemoryGuard(() => NOW),
    revocations: createMemoryRevocations('salt'),
    ...log,
  })
}

/** Makes artefacts of every kind, at an issuer that nobody has asked before. */
export async function makeArtefacts(): Promise<Artefacts> {
  const issuer = freshIssuer()
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const alice = createPerson(ask, { now: () => NOW })
  const app = createApp(ask)
  const web = createApp(ask, { client: 'web' })
  const approve = async (changes = {}): Promise<string> =>
    (await alice.answer('allow', { ...REQUEST, ...changes })).searchParams.get('code') ?? ''
  const asWeb = { client_id: 'web', redirect_uri: 'https://web.example/cb' }
  const shop = { client_id: 'shop', redirect_uri: 'https://shop.example/cb', resource: FRONT }
  const access: string[] = []
  const refresh: string[] = []
  const keep = async (response: Response | Promise<Response>): Promise<void> => {
    const { access_token, refresh_token } = await readAnswer(await response)
    access.push(access_token)
    if (refresh_token !== undefined) refresh.push(refresh_token)
  }
  for (const resource of [API, API2, SIGNED])
    await keep(
      ask(
        tokenRequest({
          client: resource === SIGNED ? 'machine' : 'service',
          form: { grant_type: 'client_credentials', resource },
        }),
      ),
    )
  await keep(ask(tokenRequest({ client: 'anon', form: { grant_type: 'client_credentials', resource: API2 } })))
  await keep(ask(tokenRequest({ client: 'gateway', form: { grant_type: 'client_credentials', resource: NEST } })))
  await keep(app.redeem(await approve()))
  await keep(web.redeem(await approve(asWeb)))
  await keep(createApp(ask, { client: 'shop' }).redeem(await approve(shop)))
  const code = [await approve(), await approve(asWeb), await approve(shop)]
  const request_uri = await Promise.all(
    TIMES.map(async () => (await pushedBy('web', await web.push(REQUEST)))['request_uri'] ?? ''),
  )
  const consent = await Promise.all(
    TIMES.map(async () => hiddenField(await (await alice.visit({ ...REQUEST, prompt: 'consent' })).text(), 'consent')),
  )
  const begun = await alice.browser.get(authorizeUrl({ ...REQUEST, prompt: 'login' }))
  const asked = new URL(begun.headers.get('location') ?? '').searchParams
  const logout = hiddenField(await (await alice.browser.get(`${ISSUER}/logout`)).text(), 'token')
  const prover = await createProver()
  const times = ['iat', 'exp', 'nbf']
  return {
    access,
    refresh,
    code,
    request_uri,
    consent,
    login_state: [asked.get('state') ?? ''],
    login: await signLogins(asked.get('nonce') ?? ''),
    assertion: await signOdd(['iss', 'sub', 'aud', 'jti', ...times], (changes) =>
      clientAssertion(ISSUER, NOW, changes),
    ),
    job: await signOdd(['iss', 'sub', 'aud', 'jti', 'repository_owner', 'preview', ...times], (changes) =>
      jobToken(ISSUER, NOW, changes),
    ),
    proof: await signOdd(['jti', 'htm', 'htu', 'ath', 'nonce', ...times], (claims) => prover.prove({ claims })),
    cookie: [[...alice.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')],
    logout: [logout],
  }
}
