import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ISSUER } from '../fixtures.ts'
import { createPerson } from '../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)

describe('the issuer in the authorization response (RFC 9207)', () => {
  it.each(['allow', 'deny'] as const)('is there when the person says %s (RFC 9207 §2)', async (decision) => {
    expect((await createPerson(ask).answer(decision)).searchParams.get('iss')).toBe(ISSUER)
  })

  it('is there in an error before anybody was asked (RFC 9207 §2)', async () => {
    const answer = await createPerson(ask).answer('allow', { prompt: 'none' })
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({ error: 'login_required', iss: ISSUER })
  })

  it('is the one of the metadata, which tell that it comes (RFC 9207 §3)', async () => {
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({ issuer: ISSUER, authorization_response_iss_parameter_supported: true })
  })
})
