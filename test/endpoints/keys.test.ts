import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { ISSUER, NOW, PARTNER_KEY, SIGNED, testIssuer, testKey, VARS } from '../fixtures.ts'
import { getRequest } from '../parties/servers.ts'

const { d: _, ...publicKey } = PARTNER_KEY
const keysWith = async (key: object): Promise<Response> => {
  const clients = {
    ...VARS.CLIENTS,
    'partner-server': { ...VARS.CLIENTS['partner-server'], jwks: { keys: [key as Record<string, unknown>] } },
  }
  return testIssuer({ clients }).fetch(getRequest(`/keys?resource=${encodeURIComponent(SIGNED)}`, 'partner-server'))
}

describe('a resource server that is registered with a key', () => {
  it('gets its keys sealed to it', async () => {
    const response = await keysWith(publicKey)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jose'])
  })

  it.each([
    ['for signing', { ...publicKey, use: 'sig' }],
    ['on another curve', { ...publicKey, crv: 'P-384' }],
    ['that is no point', { ...publicKey, y: publicKey.x }],
  ])('%s gets none at all, and never in plain text', async (_, key) => {
    const response = await keysWith(key)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await response.json()).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) })
  })
})

it('the public keys may be kept for less than a period', async () => {
  const keyRing = writeRing(createRing({ now: NOW, key: testKey(), period: 60 }))
  const response = await testIssuer({ keyRing }).request(`${ISSUER}/jwks`)
  expect(response.headers.get('cache-control')).toBe('public, max-age=30')
})
