import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { ISSUER } from '../fixtures.ts'
import {
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  readAnswer,
  VERIFIER,
} from '../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const app = createApp(ask)
const redeem = async (challenge: string, verifier: string): Promise<{ status: number; error?: string | undefined }> => {
  const code = (await createPerson(ask).answer('allow', { code_challenge: challenge })).searchParams.get('code') ?? ''
  const response = await app.redeem(code, { code_verifier: verifier })
  return { status: response.status, error: (await readAnswer(response)).error }
}

describe('proof key for code exchange (RFC 7636)', () => {
  it('takes the pair of appendix B', async () => {
    expect(challengeOf(VERIFIER)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
    expect(await redeem('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', VERIFIER)).toEqual({
      status: 200,
      error: undefined,
    })
  })

  it.each(['-._~'.padEnd(43, 'a'), 'z'.repeat(128)])(
    'takes a verifier of 43 to 128 unreserved characters: %.8s… (RFC 7636 §4.1)',
    async (verifier) => {
      expect(await redeem(challengeOf(verifier), verifier)).toMatchObject({ status: 200 })
    },
  )

  it.each(['a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)} `, `${'a'.repeat(42)}+`, `${'a'.repeat(42)}é`])(
    'refuses the verifier %j even where the challenge fits (RFC 7636 §4.1)',
    async (verifier) =>
      expect(await redeem(challengeOf(verifier), verifier)).toEqual({ status: 400, error: 'invalid_request' }),
  )

  it.each(['E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', `${VERIFIER.slice(0, -1)}l`, VERIFIER.toLowerCase()])(
    'refuses %j: it is not the verifier (RFC 7636 §4.6)',
    async (verifier) => {
      expect(await redeem(challengeOf(VERIFIER), verifier)).toEqual({ status: 400, error: 'invalid_grant' })
    },
  )

  it.each<[string, Changes]>([
    ['no challenge (C08)', { code_challenge: undefined, code_challenge_method: undefined }],
    ['an empty challenge (C09)', { code_challenge: '' }],
    ['a challenge without a method: that would be plain (C09)', { code_challenge_method: undefined }],
    ['a method without a challenge', { code_challenge: undefined }],
    ['plain (C09)', { code_challenge_method: 'plain' }],
    ['s256 (C09)', { code_challenge_method: 's256' }],
    ['S512 (C09)', { code_challenge_method: 'S512' }],
    ['a challenge of 42 characters', { code_challenge: 'a'.repeat(42) }],
    ['a challenge of 129 characters', { code_challenge: 'a'.repeat(129) }],
    ['a challenge that is no base64url', { code_challenge: `${'a'.repeat(42)}~` }],
  ])('is required of every client: %s is invalid_request (RFC 7636 §4.4.1)', async (_, changes) => {
    for (const client of [{}, { client_id: 'web', redirect_uri: 'https://web.example/cb' }]) {
      const location = new URL(
        (await createBrowser(ask).get(authorizeUrl({ ...client, ...changes }))).headers.get('location') ?? '',
      )
      expect([location.searchParams.get('error'), location.searchParams.get('state')]).toEqual([
        'invalid_request',
        'xyz',
      ])
    }
  })

  it('is told in the metadata: S256 alone (RFC 8414 §2)', async () => {
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({ code_challenge_methods_supported: ['S256'] })
  })
})
