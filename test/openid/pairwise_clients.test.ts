import { describe, expect, it } from 'vitest'
import { createMemoryRevocations } from '../../src/index.ts'
import type { ClientSettings } from '../../src/registration/clients/client_registration.ts'
import { createPairwise, readPairwiseSalt } from '../../src/registration/pairwise.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, basic, ISSUER, NOW } from '../fixtures.ts'
import { claimsOf, createProvider, RP, RP_SECRET } from '../parties/openid_provider.ts'

const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const WRITTEN = 'eGevLW5d418VLselC4Qew3iGkhwyetzlU4pn5gGKX_o'

/** Returns how a client with these settings is told of alice: by the ID token, and by userinfo. */
async function toldTo(rp: ClientSettings): Promise<readonly unknown[]> {
  const provider = createProvider({ pairwiseSalt: SALT, rp: { ...rp, subject_type: 'pairwise' } })
  const redirect_uri = rp.redirect_uris?.[0] ?? RP.redirect_uris?.[0]
  const { id_token, access_token } = await provider.login({ redirect_uri })
  const told = (await (await provider.userinfo(access_token)).json()) as { readonly sub: string }
  return [claimsOf(id_token)['sub'], told.sub]
}

describe('pairwise subjects of clients', () => {
  it('are the same in the ID token and in userinfo, and never change', async () => {
    expect(await toldTo({})).toEqual([WRITTEN, WRITTEN])
  })

  it('are those of the host of the redirect URIs, or of the sector that is written out (OpenID Connect Core §8.1)', async () => {
    const [ofHost] = await toldTo({ redirect_uris: ['https://rp.example:8443/other', 'https://rp.example/cb'] })
    const [ofOther] = await toldTo({ redirect_uris: ['https://other.example/cb'] })
    const [ofSector] = await toldTo({ redirect_uris: ['https://other.example/cb'], sector_identifier: 'rp.example' })
    expect(ofHost).toBe(WRITTEN)
    expect(ofSector).toBe(WRITTEN)
    expect(ofOther).not.toBe(WRITTEN)
  })

  it('are others than those of a resource whose sector has the same text', () => {
    const { clients, resources } = checkSettings({
      issuer: ISSUER,
      keyRing: undefined,
      openid: {},
      guard: 'none',
      authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
      pairwiseSalt: SALT,
      clients: { rp: { ...RP, subject_type: 'pairwise' } },
      resources: { [API]: { scopes: [], subject_type: 'pairwise', sector_identifier: 'rp.example' } },
    })
    const pairwise = createPairwise(ISSUER, readPairwiseSalt('salt', SALT), resources)
    const [client, resource] = [clients.get('rp')?.openid, resources.get(API)]
    if (client === undefined || resource === undefined) throw new Error('they are not there')
    expect(pairwise.nameAt(client, 'sub', 'alice')).toBe(WRITTEN)
    expect(pairwise.nameAt(resource, 'sub', 'alice')).not.toBe(WRITTEN)
  })

  it('are told again with each refresh; and who is revoked by the name of here is nobody to the client from then on', async () => {
    const { secret_hash } = RP
    let now = NOW
    const provider = createProvider({
      pairwiseSalt: SALT,
      rp: { subject_type: 'pairwise' },
      clients: { ops: { kind: 'operator', secret_hash } as ClientSettings },
      revocations: createMemoryRevocations('a salt', () => now * 1000),
      now: () => now,
    })
    const { refresh_token, access_token } = await provider.login()
    const again = await provider.token({ grant_type: 'refresh_token', refresh_token })
    expect(claimsOf(again.id_token)['sub']).toBe(WRITTEN)
    const revoked = await provider.ask(
      new Request(`${ISSUER}/revocations`, {
        method: 'POST',
        headers: { authorization: basic('ops', RP_SECRET), 'content-type': 'application/x-www-form-urlencoded' },
        body: 'kind=sub&value=alice',
      }),
    )
    expect(revoked.status).toBe(200)
    now += 30
    expect((await provider.userinfo(access_token)).status).toBe(401)
    expect(await provider.token({ grant_type: 'refresh_token', refresh_token })).toMatchObject({
      error: 'invalid_grant',
    })
  })
})
