import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../../keys/base64url.ts'
import { createDynamicIds, type DynamicFacts } from '../../../src/registration/walk_in/dynamic_id.ts'
import { ISSUER } from '../../fixtures.ts'
import { CALLBACK, REGISTRATION_KEYS } from '../../parties/walk_in.ts'

const FACTS: DynamicFacts = {
  random: 'AAECAwQFBgc',
  hour: 494_000,
  name: 'Käptn “Tool”',
  redirectUris: [CALLBACK, 'https://tool.example/cb'],
  method: 'client_secret_post',
  grantTypes: ['authorization_code', 'refresh_token'],
}
const [first, second] = REGISTRATION_KEYS.map(decodeBase64url) as [Uint8Array, Uint8Array]

describe('the id of a client that registered', () => {
  it('holds what was registered, and opens by every key that is still listed', () => {
    const id = createDynamicIds(ISSUER, [first]).make(FACTS)
    const there = createDynamicIds(ISSUER, [second, first]).open(id)
    expect(there?.facts).toEqual(FACTS)
    expect(there?.secret()).toBe(createDynamicIds(ISSUER, [first]).open(id)?.secret())
    expect(createDynamicIds(ISSUER, [second]).open(id)).toBeUndefined()
    expect(createDynamicIds('https://other.example', [first]).open(id)).toBeUndefined()
  })

  it('has one spelling', () => {
    const ids = createDynamicIds(ISSUER, [first])
    const id = ids.make(FACTS)
    const last = id.at(-1) as string
    const others = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_='].filter(
      (one) => one !== last,
    )
    for (const other of others) expect(ids.open(id.slice(0, -1) + other)).toBeUndefined()
    for (const changed of [`${id}=`, `${id}.`, ` ${id}`, `${id} `, id.toUpperCase(), id.replace('dcr.', 'DCR.')])
      expect(ids.open(changed)).toBeUndefined()
  })
})
