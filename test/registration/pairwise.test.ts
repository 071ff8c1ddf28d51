import { describe, expect, it } from 'vitest'
import { createPairwise, readPairwiseSalt } from '../../src/registration/pairwise.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, API2, ISSUER, testSettings } from '../fixtures.ts'

const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const settings = (salt = SALT, sectors: Readonly<Record<string, string>> = {}, issuer = ISSUER) =>
  checkSettings(
    testSettings({
      issuer,
      clients: {},
      authorizationDetailsTypes: {},
      pairwiseSalt: salt,
      resources: Object.fromEntries(
        [API, API2, 'https://api3.example'].map((uri) => {
          const sector = sectors[uri] === undefined ? {} : { sector_identifier: sectors[uri] }
          return [uri, { scopes: ['read'], ...(uri === API ? {} : { subject_type: 'pairwise' as const, ...sector }) }]
        }),
      ),
    }),
  )
const nameAt = (
  { pairwise, resources }: ReturnType<typeof settings>,
  uri: string,
  sub: string,
  kind = 'sub' as const,
) => {
  const resource = resources.get(uri)
  if (resource === undefined) throw new Error('there is no such resource')
  return pairwise.nameAt(resource, kind, sub)
}

describe('pairwise names', () => {
  it('are HMAC-SHA-256 over labels, issuer, sector and subject: these never change', async () => {
    const labels = ['bulla/1/pairwise', 'sub', ISSUER, API2, 'alice'].map((text) => new TextEncoder().encode(text))
    const bytes = labels.flatMap((label) => [label.length >> 8, label.length & 255, ...label])
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(SALT), algorithm, false, ['sign'])
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new Uint8Array(bytes)))
    const written = btoa(String.fromCharCode(...mac))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace('=', '')
    expect(nameAt(settings(), API2, 'alice')).toBe(written)
    expect(written).toBe('_KqEtRzXR8J8Xpas10UAV3ej674yxq7-eUINN4djsrM')
  })

  it('are others at each resource, for each person, issuer, salt and kind; and the same where subjects are public', () => {
    const names = [
      nameAt(settings(), API, 'alice'),
      nameAt(settings(), API2, 'alice'),
      nameAt(settings(), 'https://api3.example', 'alice'),
      nameAt(settings(), API2, 'bob'),
      nameAt(settings([...SALT].reverse().join('')), API2, 'alice'),
      nameAt(settings(SALT, {}, 'https://other.example'), API2, 'alice'),
      nameAt(settings(), API2, 'alice', 'gid' as never),
    ]
    expect(names[0]).toBe('alice')
    expect(new Set(names).size).toBe(names.length)
    for (const name of names.slice(1)) expect(name).toMatch(/^[\w-]{22}([\w-]{21})?$/)
  })

  it('are the same at resources of one sector', () => {
    const both = settings(SALT, { [API2]: 'partner', 'https://api3.example': 'partner' })
    expect(nameAt(both, API2, 'alice')).toBe(nameAt(both, 'https://api3.example', 'alice'))
    expect(nameAt(both, API2, 'alice')).not.toBe(nameAt(settings(), API2, 'alice'))
  })

  it.each(['client:service', 'anonymous:x'])('are not made of %s, who is no person', (sub) => {
    expect(nameAt(settings(), API2, sub)).toBe(sub)
  })

  it('of one person are all known, each once', () => {
    const { pairwise } = settings()
    const names = pairwise.namesOf('sub', 'alice')
    expect(names).toEqual(['alice', ...[API2, 'https://api3.example'].map((uri) => nameAt(settings(), uri, 'alice'))])
    expect(pairwise.namesOf('sub', 'client:x')).toEqual(['client:x'])
    expect(createPairwise(ISSUER, undefined, new Map()).namesOf('gid', 'g')).toEqual(['g'])
  })

  it.each<[string, unknown, string]>([
    ['42 characters', SALT.slice(0, 42), 'expected at least 32 random bytes'],
    ['one character again and again', 'a'.repeat(64), 'expected random bytes'],
    ['a sentence', 'this is a very long secret, but it is none at all', 'expected at least 32 random bytes'],
    ['a number', 1, 'got 1'],
    ['nothing', undefined, 'got nothing'],
  ])('need a salt that is one: not %s', (_, salt, message) => {
    expect(() => readPairwiseSalt('pairwiseSalt', salt)).toThrow(message)
    if (typeof salt === 'string') expect(() => readPairwiseSalt('pairwiseSalt', salt)).not.toThrow(salt)
  })
})
