import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { basic, ISSUER, NOW, SECRETS, testIssuer, VARS } from '../fixtures.ts'

const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'r' }] }
const web = { ...VARS.CLIENTS.web, request_object_signing_alg: 'ES256', jwks } as const

/** Pushes a signed request with lists in lists, written by hand: whoever writes JSON does not get so deep. */
async function push(name: string, depth: number): Promise<Response> {
  const claims = JSON.stringify({ iss: 'web', aud: ISSUER, exp: NOW + 60, client_id: 'web' })
  const text = `${claims.slice(0, -1)},"${name}":${'['.repeat(depth)}${']'.repeat(depth)}}`
  const signing = new CompactSign(new TextEncoder().encode(text)).setProtectedHeader({ alg: 'ES256', kid: 'r' })
  const body = new URLSearchParams({ request: await signing.sign(privateKey) }).toString()
  const headers = { authorization: basic('web', SECRETS.web), 'content-type': 'application/x-www-form-urlencoded' }
  const issuer = testIssuer({ clients: { ...VARS.CLIENTS, web } })
  return issuer.fetch(new Request(`${ISSUER}/par`, { method: 'POST', headers, body }))
}

const MEMBERS = ['other', 'claims', 'authorization_details', 'resource', 'redirect_uri']

describe('lists in lists, as deep as a signed request can hold', () => {
  // promise: P33
  it.each(MEMBERS)('are the fault of who signed them, and of nobody else: %s', async (name) => {
    for (const depth of [10, 1000, 2900, 4000]) expect([depth, (await push(name, depth)).status]).toEqual([depth, 400])
  })
})
