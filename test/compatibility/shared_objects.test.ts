import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, type Ring } from '../../keys/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { drive } from '../cases/login.mjs'
import { testKey } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { OWN, unpack, type Version } from './versions.ts'

const REDIRECT = 'http://127.0.0.1:41999/callback'
const API = 'https://api.example.com'

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** Each version in its turn on the same Durable Objects, as in a deployment and a roll-back. */
describe('0.1.0, this version and 0.1.0 again on the same Durable Objects', () => {
  let packed: Version
  let memory = ''
  let ring: Ring
  let port = 0
  let running: LiveIssuer | undefined

  beforeAll(async () => {
    packed = await unpack('0.1.0')
    memory = await mkdtemp(join(tmpdir(), 'bulla-memory-'))
    port = await freePort()
    ring = createRing({ now: Math.floor(Date.now() / 1000) - 5, key: testKey() })
  })
  afterAll(async () => {
    await running?.stop()
    await rm(memory, { recursive: true, force: true })
  })

  async function turnTo({ worker }: Version): Promise<void> {
    await running?.stop()
    running = await startIssuer({}, { ring, port, memory, entrypoint: worker })
  }
  const at = (path: string): string => `http://localhost:${port}${path}`
  /** @param client its id and secret, with a colon between */
  const post = (path: string, form: Record<string, string>, client?: string) =>
    fetch(at(path), {
      method: 'POST',
      body: formOf(form),
      headers: client === undefined ? {} : { authorization: `Basic ${btoa(client)}` },
    })
  const granted = async (answer: Promise<Response>): Promise<Tokens> => {
    const response = await answer
    const text = await response.text()
    expect([response.status, text]).toEqual([200, expect.any(String)])
    return JSON.parse(text)
  }
  async function approve(): Promise<string> {
    const request = formOf({
      response_type: 'code',
      client_id: 'demo-app',
      redirect_uri: REDIRECT,
      resource: API,
      scope: 'orders:read',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    })
    const { callback } = await drive(at(`/authorize?${request}`), REDIRECT)
    return new URL(callback ?? '').searchParams.get('code') ?? ''
  }
  const redeem = (code: string) =>
    post('/token', { grant_type: 'authorization_code', client_id: 'demo-app', code, code_verifier: VERIFIER })
  const refresh = (refresh_token: string) =>
    post('/token', { grant_type: 'refresh_token', client_id: 'demo-app', refresh_token })
  const isActive = async (token: string): Promise<unknown> =>
    ((await (await post('/introspect', { token }, 'demo-api:demo-api-secret')).json()) as { active: unknown }).active

  // promise: V02
  it('spend what was spent, go on with families, end what ended, and refuse what was revoked', {
    timeout: 120_000,
  }, async () => {
    const used: string[] = []
    const families: string[] = []
    const ended: string[] = []
    const revoked: string[] = []
    for (const version of [packed, OWN, packed, OWN]) {
      await turnTo(version)
      for (const code of used) expect((await redeem(code)).status).toBe(400)
      for (const token of ended) expect((await refresh(token)).status).toBe(400)
      for (const token of revoked) expect(await isActive(token)).toBe(false)
      for (const [index, token] of families.entries()) families[index] = (await granted(refresh(token))).refresh_token
      const code = await approve()
      families.push((await granted(redeem(code))).refresh_token)
      const another = await granted(redeem(await approve()))
      expect((await post('/revoke', { token: another.refresh_token, client_id: 'demo-app' })).status).toBe(200)
      ended.push(another.refresh_token)
      revoked.push(another.access_token)
      const { access_token } = await granted(
        post('/token', { grant_type: 'client_credentials', resource: API }, 'demo-service:demo-secret'),
      )
      expect(await isActive(access_token)).toBe(true)
      expect((await post('/revoke', { token: access_token }, 'demo-service:demo-secret')).status).toBe(200)
      revoked.push(access_token)
      // Its family ends when it comes again, so it is tried in the next turns alone.
      used.push(await approve())
      await granted(redeem(used.at(-1) ?? ''))
    }
    expect(families).toHaveLength(4)
  })
})
