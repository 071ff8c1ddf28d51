/**
 * What requests are made of: artefacts that the issuer gave, and signed ones whose claims are of every wrong type.
 *
 * @module
 */

import { SignJWT } from 'jose'
import { importJWK } from 'jose/key/import'
import { writeRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Issuer } from '../../src/index.ts'
import { API, API2, basic, ISSUER, LOGIN_KEY, NOW, named, SIGNED, testIssuer, tokenRequest, VARS } from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { ALICE, type OpenidAnswer, PROVIDER_RING, RP_CALLBACK, RP_SECRET } from '../parties/openid_provider.ts'
import {
  authorizeUrl,
  createApp,
  createPerson,
  hiddenField,
  pushedBy,
  readAnswer,
  signLogin,
  VERIFIER,
} from '../parties/person.ts'
import { clientAssertion, FRONT, jobToken, NEST } from '../parties/trusted.ts'
import { ODD_VALUES } from './odd_values.ts'
import { AGENT_CALLBACKS, agentBy, REGISTRATION } from './registrations.ts'
import { RELYING_PARTIES, requestObject } from './relying_parties.ts'

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
  | 'userinfo'
  | 'id_token'
  | 'request_object'
  | 'agent'
  | 'agent_secret'

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
    ...ALICE,
    roles: ['admin'],
  }
  const claims = ['iss', 'aud', 'sub', 'iat', 'exp', 'nonce', 'auth_time', 'name', 'acr', 'amr', 'jti']
  const told = ['email', 'email_verified', 'updated_at', 'address', 'roles']
  return signOdd([...claims, ...told], (changes) => {
    const present = Object.entries({ ...asked, ...changes }).filter(([, value]) => value !== undefined)
    return new SignJWT(Object.fromEntries(present))
      .setProtectedHeader({ alg: 'ES256', kid: LOGIN_KEY.kid, typ: 'login+jwt' })
      .sign(key)
  })
}

/** Returns the settings that all issuers of a run share; each has a memory of its own. */
export function freshIssuer(log: Parameters<typeof testIssuer>[0] = {}): Issuer {
  return testIssuer({
    keyRing: writeRing(named(PROVIDER_RING)),
    openid: { scopes: { work: ['roles', 'badge_number'] } },
    pairwiseSalt: 'Zk3sT9wQ1xY7uV5rN2mB8cL0pA6dF4gH-jKeWiOoPqE',
    clients: { ...VARS.CLIENTS, ...RELYING_PARTIES },
    fetch: async () => new Response(null, { status: 204 }),
    dpopNonce: false,
    ...REGISTRATION,
    guard: createMemoryGuard(() => NOW),
    revocations: createMemoryRevocations('salt'),
    ...log,
  })
}

/** Registers a client that nobody configured, and returns its id and its secret. */
async function registerAgent(issuer: Issuer, method: string): Promise<{ client_id: string; client_secret?: string }> {
  const headers = { 'content-type': 'application/json' }
  const response = await issuer.request(`${ISSUER}/register`, { method: 'POST', headers, body: agentBy(method) })
  return response.json()
}

/** Makes artefacts of every kind, at an issuer that nobody has asked before. */
export async function makeArtefacts(): Promise<Artefacts> {
  const issuer = freshIssuer()
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const alice = createPerson(ask, { now: () => NOW })
  const asRp = { client_id: 'rp', redirect_uri: RP_CALLBACK, scope: 'openid profile email work offline_access' }
  // The claims of the person are those of the login.
  const first = (await alice.browser.get(authorizeUrl(asRp))).headers.get('location') ?? ''
  await alice.browser.get(await signLogin(first, 'alice', { now: NOW, claims: { ...ALICE, roles: ['admin'] } }))
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
  const told: OpenidAnswer[] = []
  for (const client_id of ['rp', 'told']) {
    const scope = client_id === 'rp' ? asRp.scope : 'openid email'
    const [redeemed, fresh] = [
      await alice.answer('allow', { ...asRp, client_id, scope }),
      await alice.answer('allow', { ...asRp, client_id, scope }),
    ]
    const body = new URLSearchParams({ grant_type: 'authorization_code', code_verifier: VERIFIER })
    body.set('code', redeemed.searchParams.get('code') ?? '')
    const headers = { authorization: basic(client_id, RP_SECRET) }
    const answer = await ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))
    told.push((await answer.json()) as OpenidAnswer)
    code.push(fresh.searchParams.get('code') ?? '')
  }
  refresh.push(...told.map(({ refresh_token = '' }) => refresh_token))
  const agents = [await registerAgent(issuer, 'none'), await registerAgent(issuer, 'client_secret_basic')]
  for (const { client_id, client_secret = '' } of agents) {
    const asked = { client_id, redirect_uri: AGENT_CALLBACKS[0], resource: API, scope: 'read' }
    const [redeemed, fresh] = [await alice.answer('allow', asked), await alice.answer('allow', asked)]
    const body = new URLSearchParams({ grant_type: 'authorization_code', code_verifier: VERIFIER })
    body.set('code', redeemed.searchParams.get('code') ?? '')
    const headers = { authorization: basic(client_id, client_secret) }
    await keep(ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body })))
    code.push(fresh.searchParams.get('code') ?? '')
  }
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
    agent: agents.map(({ client_id }) => client_id),
    agent_secret: agents.flatMap(({ client_secret }) => client_secret ?? []),
    userinfo: told.map(({ access_token }) => access_token),
    id_token: told.map(({ id_token = '' }) => id_token),
    request_object: await signOdd(
      [
        'iss',
        'aud',
        'exp',
        'iat',
        'nbf',
        'jti',
        'sub',
        'client_id',
        'redirect_uri',
        'response_type',
        'scope',
        'claims',
        'max_age',
        'prompt',
        'request',
        'resource',
        'state',
        'response_mode',
      ],
      requestObject,
    ),
  }
}
