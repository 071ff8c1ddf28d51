import { describe, expect, it } from 'vitest'
import { ISSUER, NOW } from '../fixtures.ts'
import { VERIFIER } from '../parties/person.ts'
import { CALLBACK, createWalkInIssuer, METADATA } from '../parties/walk_in.ts'

describe('POST /register (RFC 7591)', () => {
  it('gives a client an id, and tells all that was registered, nothing of it empty', async () => {
    const { register } = createWalkInIssuer()
    const { client_id, ...told } = await register()
    expect(client_id).toMatch(/^dcr\.[\w-]+\.[\w-]{43}$/)
    expect(told).toEqual({ ...METADATA, client_id_issued_at: NOW, scope: 'read write' })
  })

  it.each([
    ['none', undefined],
    ['client_secret_basic', expect.stringMatching(/^[\w-]{43}$/)],
    ['client_secret_post', expect.stringMatching(/^[\w-]{43}$/)],
  ])('lets a client by %s walk all the way to a token, and to the next', async (method, secret) => {
    const { register, authorize, token } = createWalkInIssuer()
    const client = await register({ token_endpoint_auth_method: method })
    expect(client.client_secret).toEqual(secret)
    const back = await authorize(client)
    expect([back.origin + back.pathname, back.searchParams.get('iss')]).toEqual([CALLBACK, ISSUER])
    const code = back.searchParams.get('code') ?? ''
    const first = await token(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    const { refresh_token, scope } = (await first.json()) as { refresh_token?: string; scope?: string }
    expect([first.status, scope]).toEqual([200, 'read'])
    const next = await token(client, { grant_type: 'refresh_token', refresh_token })
    expect(next.status).toBe(200)
  })
})
