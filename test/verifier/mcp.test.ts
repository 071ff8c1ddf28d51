import { describe, expect, it } from 'vitest'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { carryProviderToken } from '../../src/token/entitlement.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { type TokenVerifierOptions, toAuthInfo, tokenVerifier } from '../../src/verifier/mcp.ts'
import { options, seal } from '../parties/api.ts'
import { API, ISSUER, NOW } from '../ring.ts'

class Invalid extends Error {}
const invalidToken = (description: string): Error => new Invalid(description)
const made = (changes: object) => (): unknown => tokenVerifier(changes as TokenVerifierOptions)

describe('what the SDK shows its tokens to', () => {
  it.each<[string, object]>([
    ['from options', options],
    ['from a verifier', { verifier: createVerifier({ ...options, dpop: 'off' }) }],
  ])('is made %s, and says what a good token entitles to', async (_, others) => {
    const token = await seal()
    const info = await tokenVerifier({ ...others, invalidToken } as TokenVerifierOptions).verifyAccessToken(token)
    expect(info).toMatchObject({ token, resource: new URL(API), extra: { aud: API } })
    expect(info.expiresAt).toBeGreaterThan(NOW)
  })

  it('throws the error of the SDK for a token that is none, and for one that is bound', async () => {
    const verifier = tokenVerifier({ ...options, invalidToken } as TokenVerifierOptions)
    const refused = async (token: string): Promise<Error> =>
      verifier.verifyAccessToken(token).then(
        () => new Error('taken'),
        (error: Error) => error,
      )
    for (const token of ['', 'none']) {
      expect(await refused(token)).toBeInstanceOf(Invalid)
      expect((await refused(token)).message).toMatch(/invalid or has expired/)
    }
    const bound = await refused(await seal({ jkt: 'A'.repeat(43) }))
    expect(bound).toBeInstanceOf(Invalid)
    expect(bound.message).toMatch(/bound to a key.*without DPoP/)
  })

  it('throws no such error where the keys cannot be had: a good token is kept (RFC 6750 §3.1)', async () => {
    const down = async (): Promise<Response> => new Response(null, { status: 500 })
    const keys = remoteKeys({ url: `${ISSUER}/keys`, clientId: 'api-server', clientSecret: 'secret', fetch: down })
    const asked = tokenVerifier({ ...options, keys, invalidToken }).verifyAccessToken(await seal())
    await expect(asked).rejects.toMatchObject({ name: 'TokenError', code: 'unavailable' })
  })

  it.each<[string, object]>([
    ['"invalidToken" expected a function', options],
    ['"invalidToken" expected a function', { ...options, invalidToken: 'error' }],
    ['"dpop" is about requests', { ...options, invalidToken, dpop: 'off' }],
    ['"baseUrl" is about requests', { ...options, invalidToken, baseUrl: undefined }],
    ['"issuer" goes with no "verifier"', { invalidToken, verifier: createVerifier(options), issuer: options.issuer }],
    ['"verifier" expected what createVerifier(…) returns', { invalidToken, verifier: {} }],
    ['"verifier" expected what createVerifier(…) returns', { invalidToken, verifier: undefined }],
    ['"resource" expected', { invalidToken, issuer: options.issuer }],
  ])('is not made in vain: %s', (message, changes) => {
    expect(made(changes)).toThrow(message)
  })
})

describe('what the SDK hands to handlers', () => {
  const entitlement: Entitlement = {
    sub: 'alice',
    client_id: 'agent',
    aud: API,
    scope: ['read'],
    iat: NOW,
    exp: NOW + 600,
    jti: 'j-1',
    claims: { team: 'blue' },
  }

  it('is a copy of all that the token says; the token only where it is given', () => {
    const info = toAuthInfo(entitlement)
    const said = { clientId: 'agent', scopes: ['read'], expiresAt: NOW + 600, resource: new URL(API) }
    expect(info).toEqual({ ...said, token: '', extra: entitlement })
    info.scopes.push('write')
    expect([entitlement.scope, info.extra === entitlement]).toEqual([['read'], false])
    expect(toAuthInfo(entitlement, 'token').token).toBe('token')
    expect(toAuthInfo({ ...entitlement, client_id: undefined }).clientId).toBe('')
    expect('providerToken' in info.extra).toBe(false)
  })

  it('has the provider’s token by its name alone', () => {
    const { extra } = toAuthInfo(carryProviderToken({ ...entitlement }, 'theirs'))
    expect([extra.providerToken, JSON.stringify(extra).includes('theirs')]).toEqual(['theirs', false])
  })
})
