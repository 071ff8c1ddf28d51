import { describe, expect, it } from 'vitest'
import { API, basic, ISSUER } from '../fixtures.ts'
import { CLIENT, createDocumentIssuer } from '../parties/client_documents.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { createWalkInIssuer, REGISTRATION_KEYS } from '../parties/walk_in.ts'

/** Ids that nobody is known by here, each of its own kind. */
async function unknownIds(): Promise<readonly (readonly [string, string])[]> {
  const other = createWalkInIssuer({ registrationKeys: REGISTRATION_KEYS[1] })
  const { client_id } = await other.register()
  const { client_id: own } = await createWalkInIssuer().register()
  return [
    ['of nobody', 'nobody'],
    ['made with a key that was taken out', client_id],
    ['changed by a character', `${own.slice(0, 8)}${own[8] === 'A' ? 'B' : 'A'}${own.slice(9)}`],
    ['cut', own.slice(0, -1)],
    ['as long as they may be, of nobody', `dcr.${'A'.repeat(976)}.${'A'.repeat(43)}`],
  ]
}

/** An issuer at which one id is blocked. */
async function blocking() {
  const { client_id } = await createWalkInIssuer().register()
  const issuer = createWalkInIssuer({ registration: { blocked: [client_id] } })
  return { client_id, issuer }
}

const INVALID_CLIENT = { error: 'invalid_client', error_description: 'Client authentication failed.' }

describe('a client that is not known any more', () => {
  // promise: W10
  it('is a page that says to remove the app there and add it again, whatever the id was', async () => {
    const { client_id, issuer } = await blocking()
    for (const id of [client_id, ...(await unknownIds()).map(([, one]) => one)]) {
      const response = await issuer.question({ client_id: id })
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
      expect(response.headers.get('content-type')).toContain('text/html')
      const page = await response.text()
      expect(page).toContain('In that app, remove this server, and add it again')
      expect(page).toContain('<code>invalid_client</code>')
      expect(page).not.toContain('127.0.0.1')
    }
  })

  it.each<readonly [string, Readonly<Record<string, string | undefined>>]>([
    ['a code that is none', { grant_type: 'authorization_code', code: 'none', code_verifier: VERIFIER }],
    ['a refresh token that is none', { grant_type: 'refresh_token', refresh_token: 'none' }],
    ['a grant type that nobody knows', { grant_type: 'urn:example:unknown' }],
    ['no grant type', {}],
    ['no code', { grant_type: 'authorization_code' }],
    ['a scope that is none', { grant_type: 'refresh_token', refresh_token: 'x', scope: 'a  b' }],
  ])('is told 401 invalid_client at the token endpoint before anything else: with %s', async (_, form) => {
    const { client_id, issuer } = await blocking()
    for (const id of [client_id, ...(await unknownIds()).map(([, one]) => one)]) {
      for (const secret of [undefined, 'A'.repeat(43)]) {
        const response = await issuer.token({ client_id: id, ...(secret && { client_secret: secret }) }, form)
        expect([response.status, response.headers.get('content-type')]).toEqual([401, 'application/json'])
        expect(await response.json()).toEqual(INVALID_CLIENT)
      }
    }
  })

  it.each(['token', 'revoke', 'introspect', 'par'])(
    'is told so at /%s, by the header or the form',
    async (endpoint) => {
      const { client_id, issuer } = await blocking()
      for (const headers of [{}, { authorization: basic(client_id, 'A'.repeat(43)) }]) {
        const named = 'authorization' in headers ? {} : { client_id }
        const body = formOf({ ...named, token: 'none', response_type: 'none', redirect_uri: API }).toString()
        const type = { 'content-type': 'application/x-www-form-urlencoded' }
        const response = await issuer.ask(
          new Request(`${ISSUER}/${endpoint}`, { method: 'POST', headers: { ...type, ...headers }, body }),
        )
        expect([endpoint, response.status, await response.json()]).toEqual([endpoint, 401, INVALID_CLIENT])
      }
    },
  )

  it('is one by a document whose host is blocked, too; and nothing is fetched', async () => {
    const issuer = createDocumentIssuer({ registration: { blocked: ['client.example'] } })
    const response = await issuer.question(CLIENT)
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).toContain('In that app, remove this server, and add it again')
    const answer = await issuer.token(CLIENT, { grant_type: 'refresh_token', refresh_token: 'none' })
    expect([answer.status, await answer.json()]).toEqual([401, INVALID_CLIENT])
    expect(issuer.fetched).toEqual([])
  })
})
