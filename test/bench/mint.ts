/**
 * Minting tokens over HTTP: our Worker in workerd beside a route that only answers, oidc-provider and Cloudflare's provider.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { digestText } from '../../keys/digest.ts'
import { writeRing } from '../../keys/index.ts'
import { LOGIN_KEY } from '../fixtures.ts'
import { type Loaded, type LoadGenerator, startLoadGenerator } from './load.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { CLIENT, type OidcProvider } from './oidc_provider.ts'
import { type Row, writeTime } from './report.ts'
import { basic, CHALLENGE, FORM, form, HEADERS, REDIRECT_URI, SCOPE, sealGrant, VERIFIER } from './requests.ts'
import { API, ISSUER, LEDGER, LIFE, PARTNER, PARTNER_KEY, ring } from './tokens.ts'
import { type Running, startWorker, type WorkerOptions } from './workerd.ts'

/** A client without a secret. */
export const PUBLIC_CLIENT = 'app'

/** The Worker's variables, as wrangler.toml would give them; it tells no events, as nothing does that stands beside it. */
export function issuerWorker(): WorkerOptions {
  const scopes = SCOPE.split(' ')
  const { d: _d, ...partner } = PARTNER_KEY
  const { d: _secret, ...login } = LOGIN_KEY
  const resource = { scopes, access_token_lifetime: LIFE }
  return {
    entry: 'src/worker.ts',
    bindings: {
      ISSUER,
      EVENTS: 'none',
      KEY_RING: writeRing(ring),
      RESOURCES: {
        [API]: resource,
        [PARTNER]: { ...resource, envelope: 'nested', jwks: { keys: [partner] } },
        [LEDGER]: { ...resource, envelope: 'nested', encryption_alg: 'dir' },
      },
      CLIENTS: {
        [CLIENT.id]: {
          secret_hash: `sha256:${encodeBase64url(digestText(CLIENT.secret))}`,
          grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
          redirect_uris: [REDIRECT_URI],
          resources: [API, PARTNER, LEDGER],
          scopes,
        },
        [PUBLIC_CLIENT]: {
          grant_types: ['authorization_code', 'refresh_token'],
          redirect_uris: [REDIRECT_URI],
          resources: [API],
          scopes,
        },
      },
      LOGIN: { type: 'page', url: 'https://login.example/', issuer: 'https://login.example', jwks: { keys: [login] } },
    },
    durableObjects: { GUARD: 'GuardObject', REVOCATIONS: 'RevocationsObject' },
  }
}

interface Parts {
  readonly generator: LoadGenerator
  readonly connections: number
}

/** Returns a contender that sends the same request again and again, or each body once. */
export function requesting(
  name: string,
  to: { readonly port: number },
  headers: Readonly<Record<string, string>>,
  bodiesFor: (times: number) => Promise<readonly string[]> | readonly string[],
  { generator, connections }: Parts,
): Contender {
  return {
    name,
    prepare: bodiesFor,
    async run(times, prepared) {
      const bodies = prepared as readonly string[]
      const loaded = await generator.send({ port: to.port, connections, times, path: '/token', headers, bodies })
      if (loaded.failed > 0) throw new Error(`${name}: ${loaded.failed} of ${times} failed: ${loaded.answer}`)
      return loaded.nanoseconds
    },
  }
}

/** Asks once, over a connection of its own. */
export async function answerOf(
  { port }: Running,
  body: string,
  generator: LoadGenerator,
  headers: Readonly<Record<string, string>> = HEADERS,
): Promise<Loaded> {
  return generator.send({ port, connections: 1, times: 1, path: '/token', headers, bodies: [body] })
}

/** What Cloudflare's provider hands out before it is measured. */
interface HandedOut {
  readonly clientId: string
  readonly clientSecret: string
  readonly codes: readonly string[]
}

/** Measures all rows of minting. */
export async function mint(effort: Effort, oidc: OidcProvider): Promise<readonly Row[]> {
  const generator = startLoadGenerator()
  const parts = { generator, connections: 8 }
  const worker = issuerWorker()
  const ours = await startWorker(worker)
  const { EVENTS: _none, ...telling } = worker.bindings ?? {}
  const told = await startWorker({ ...worker, bindings: telling })
  const credentials = (resource: string): string => form({ grant_type: 'client_credentials', resource, scope: SCOPE })
  const { answer: ANSWER, headers: ANSWERED } = await answerOf(ours, credentials(API), generator)
  const floor = await startWorker({ entry: 'test/bench/workers/floor.ts', bindings: { ANSWER, HEADERS: ANSWERED } })
  const cloudflare = await startWorker({
    entry: 'test/bench/workers/provider.ts',
    kv: ['OAUTH_KV'],
    flags: ['global_fetch_strictly_public'],
  })
  const handOut = async (codes: number): Promise<HandedOut> => {
    const response = await fetch(`http://127.0.0.1:${cloudflare.port}/?codes=${codes}&challenge=${CHALLENGE}`)
    return (await response.json()) as HandedOut
  }
  try {
    const refresh_token = await sealGrant('refresh', { generation: 0 })
    const ourCodes = (times: number): Promise<readonly string[]> =>
      Promise.all(
        Array.from({ length: times }, async () => {
          const code = await sealGrant('code', { redirect_uri: REDIRECT_URI, code_challenge: CHALLENGE })
          return form({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI })
        }),
      )
    const theirs = await handOut(1)
    const theirHeaders = { ...FORM, ...basic(theirs.clientId, theirs.clientSecret) }
    const [theirCode] = theirs.codes
    const exchange = form({
      grant_type: 'authorization_code',
      code: theirCode ?? '',
      code_verifier: VERIFIER,
      redirect_uri: REDIRECT_URI,
    })
    const exchanged = await generator.send({
      port: cloudflare.port,
      connections: 1,
      times: 1,
      path: '/token',
      headers: theirHeaders,
      bodies: [exchange],
    })
    const theirRefresh = (JSON.parse(exchanged.answer) as { refresh_token: string }).refresh_token
    const same = (body: string) => () => [body]
    const oidcHeaders = { ...FORM, ...basic(CLIENT.id, CLIENT.secret) }
    const contenders = [
      requesting('direct', ours, HEADERS, same(credentials(API)), parts),
      requesting('told', told, HEADERS, same(credentials(API)), parts),
      requesting('floor', floor, HEADERS, same(credentials(API)), parts),
      requesting('nested', ours, HEADERS, same(credentials(PARTNER)), parts),
      requesting('nested dir', ours, HEADERS, same(credentials(LEDGER)), parts),
      requesting('code', ours, HEADERS, ourCodes, parts),
      requesting('refresh', ours, HEADERS, same(form({ grant_type: 'refresh_token', refresh_token })), parts),
      requesting('oidc opaque', oidc, oidcHeaders, same(credentials(API)), parts),
      requesting('oidc JWT', oidc, oidcHeaders, same(credentials(LEDGER)), parts),
      requesting(
        'cloudflare refresh',
        cloudflare,
        theirHeaders,
        same(form({ grant_type: 'refresh_token', refresh_token: theirRefresh })),
        parts,
      ),
    ]
    const times = await race(contenders, { ...effort, slice: effort.slice * 5 })
    const row = (name: string, other: string, ours: string, beside: string, bar?: Row['bar']): Row => ({
      group: 'mint, workerd',
      ours,
      beside,
      figures: `${writeTime(timeIn(times, name))} : ${writeTime(timeIn(times, other))}`,
      ratio: ratioIn(times, name, other),
      ...(bar && { bar }),
    })
    const size = (bytes: number): string => `${bytes} bytes`
    return [
      row('direct', 'floor', 'POST /token, direct', 'floor: a Hono route that answers the same bytes', {
        atLeast: 0.75,
      }),
      row('told', 'floor', 'POST /token, direct, events on the console', 'the same floor, which tells nobody'),
      row('direct', 'oidc opaque', 'POST /token, direct', 'oidc-provider in Node, opaque, in memory'),
      row('floor', 'oidc opaque', 'the floor itself', 'oidc-provider in Node, opaque, in memory'),
      row('direct', 'oidc JWT', 'POST /token, direct', 'oidc-provider in Node, JWT ES256, in memory'),
      row('nested', 'oidc JWT', 'POST /token, nested to P-256', 'oidc-provider in Node, JWT ES256, in memory'),
      row('nested dir', 'oidc JWT', 'POST /token, nested under a leaf', 'oidc-provider in Node, JWT ES256, in memory'),
      row('nested', 'direct', 'POST /token, nested to P-256', 'POST /token, direct'),
      row('code', 'direct', 'code exchange through the guard', 'POST /token, direct'),
      row('refresh', 'direct', 'refresh', 'POST /token, direct'),
      row('refresh', 'cloudflare refresh', 'refresh', 'workers-oauth-provider, refresh, KV in memory'),
      {
        group: 'size',
        ours: 'token request by Basic',
        beside: 'its answer',
        figures: `${size(credentials(API).length)} : ${size(Buffer.byteLength(ANSWER))}`,
      },
    ]
  } finally {
    generator.stop()
    await Promise.all([ours, told, floor, cloudflare].map((worker) => worker.stop()))
  }
}
