import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { blockOf } from '../docs.ts'
import { basic, openEntitlement, secretHash } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { type Changes, formOf } from '../parties/person.ts'

const FOLDER = join(import.meta.dirname, 'own_grant')
const TYPE = 'https://shop.example.com/grants/session'
const API = 'https://api.shop.example.com'
const SECRET = 'what the old system signs with'

describe("an operator's own grant type (RFC 6749 §4.5)", () => {
  let live: LiveIssuer
  beforeAll(async () => {
    const pos = { secret_hash: secretHash('pos-secret'), resources: [API], scopes: ['buy'] }
    live = await startIssuer(
      {
        SHOP_SECRET: SECRET,
        RESOURCES: { [API]: { scopes: ['buy', 'refund'] } },
        CLIENTS: { pos: { ...pos, grant_types: [TYPE] }, other: { ...pos, grant_types: ['client_credentials'] } },
      },
      { entrypoint: join(FOLDER, 'worker.ts') },
    )
  }, 60_000)
  afterAll(() => live?.stop())

  const now = (): number => Math.floor(Date.now() / 1000)
  const session = (user: string, expiry = now() + 60, secret = SECRET): string =>
    `${user}.${expiry}.${createHmac('sha256', secret).update(`${user}.${expiry}`).digest('base64')}`

  async function send(form: Changes, client = 'pos') {
    const response = await fetch(`${live.issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic(client, 'pos-secret') },
      body: formOf({ grant_type: TYPE, ...form }),
    })
    return { status: response.status, ...((await response.json()) as { error?: string; access_token: string }) }
  }

  it('is in the docs as it runs here', () => {
    for (const file of ['shop_session', 'worker'])
      expect(blockOf(`own_grant_${file}`)).toBe(readFileSync(join(FOLDER, `${file}.ts`), 'utf8'))
  })

  it('gives a token for what it believes, within what the client may have', async () => {
    const { access_token, ...answer } = await send({ session: session('alice', now() + 60) })
    expect(answer).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'buy' })
    const leaves = createKeyring(live.ring, live.issuer).leavesFor('access', API, 'A256GCM', 600)
    const limits = { now: now(), clockTolerance: 10, longestLife: 60, anonymous: false }
    const expected = { issuer: live.issuer, resource: API, ...limits }
    expect(await openEntitlement(access_token, leaves, expected)).toMatchObject({ sub: 'shop:alice', client_id: 'pos' })
  })

  it.each<[string, () => Changes, string]>([
    ['forged', () => ({ session: session('alice', now() + 60, 'x') }), 'invalid_grant'],
    ['over', () => ({ session: session('alice', now() - 1) }), 'invalid_grant'],
    ['without an end', () => ({ session: session('alice', Number.NaN) }), 'invalid_grant'],
    ['without a signature', () => ({ session: `alice.${now() + 60}` }), 'invalid_grant'],
    ['left out', () => ({}), 'invalid_request'],
    ['brought for more scope', () => ({ session: session('bob'), scope: 'refund' }), 'invalid_scope'],
    ['brought for another resource', () => ({ session: session('bob'), resource: live.issuer }), 'invalid_target'],
  ])('refuses a session that is %s', async (_, form, error) => {
    expect(await send(form())).toMatchObject({ status: 400, error })
  })

  it('takes a session once, whatever its spelling', async () => {
    const once = session('carol')
    expect((await send({ session: once })).status).toBe(200)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    const spelled = once.replace(/(.)=$/, (_, last) => `${alphabet[alphabet.indexOf(last) ^ 1]}=`)
    for (const again of [once, spelled])
      expect(await send({ session: again })).toMatchObject({ error: 'invalid_grant' })
  })

  it('is told in the metadata, and is for those who may use it (M33)', async () => {
    const metadata = await fetch(`${live.issuer}/.well-known/oauth-authorization-server`)
    const { grant_types_supported } = (await metadata.json()) as { grant_types_supported: string[] }
    expect(grant_types_supported).toContain(TYPE)
    expect(await send({ session: session('dora') }, 'other')).toMatchObject({ error: 'unauthorized_client' })
  })
})
