import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isResourceUri } from '../../keys/identifier.ts'
import { createKeyring, createLeaves, createRing, exportKeys, readKeys, writeKeys } from '../../keys/index.ts'
import { openDirect, sealDirect } from '../../src/token/direct.ts'
import { ISSUER, NOW, testKey } from '../fixtures.ts'

const USERINFO = `${ISSUER}/userinfo`
const ring = createRing({ now: NOW, key: testKey() })
const ENTITLEMENT = {
  sub: 'alice',
  client_id: 'rp',
  aud: USERINFO,
  scope: ['openid'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'j',
  claims: { userinfo: {} },
}

/** What a resource can be called: a URL, the issuer's own in many spellings, or what looks like the labels of a branch. */
const resources = fc
  .oneof(
    fc.webUrl(),
    fc.constantFrom(
      USERINFO,
      `${USERINFO}/`,
      `${USERINFO}?`,
      USERINFO.toUpperCase(),
      ISSUER,
      `${ISSUER}/`,
      'urn:userinfo',
      'userinfo:',
    ),
    fc.string({ maxLength: 40 }).map((text) => `urn:${encodeURIComponent(text.toWellFormed())}`),
  )
  .filter(isResourceUri)

it('whatever a resource is called, and whichever its branch, its exported keys neither open nor make a token for userinfo', async () => {
  const keyring = createKeyring(ring, ISSUER)
  const own = keyring.leavesFor('userinfo', '', 'A256GCM', 600)
  const token = await sealDirect(ENTITLEMENT, ISSUER, own, NOW)
  const expected = {
    issuer: ISSUER,
    resource: USERINFO,
    now: NOW,
    clockTolerance: 0,
    longestLife: 600,
    anonymous: false,
  }
  expect((await openDirect(token, own, expected)).entitlement.sub).toBe('alice')
  await fc.assert(
    fc.asyncProperty(resources, fc.constantFrom(1, 1, 2, 9999), async (resource, branch) => {
      const text = writeKeys(exportKeys(ring, { issuer: ISSUER, resource, enc: 'A256GCM', branch, now: NOW }))
      const leaves = createLeaves({ ...readKeys(text), longestLife: 86_400 })
      await expect((async () => openDirect(token, leaves, expected))()).rejects.toThrow()
      const forged = await sealDirect(ENTITLEMENT, ISSUER, leaves, NOW)
      await expect((async () => openDirect(forged, own, expected))()).rejects.toThrow()
    }),
    { numRuns: 60, examples: [[USERINFO, 1]] },
  )
})
