import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { openAssertion } from '../../src/token/assertion.ts'
import { NOW } from '../fixtures.ts'

const RULES = {
  issuer: 'https://a.example',
  audience: 'us',
  algorithms: ['ES256'],
  required: ['sub'],
  now: NOW,
  clockTolerance: 0,
  longestLife: 60,
} as const

describe('an assertion', () => {
  let jwks: object
  let sign: (claims?: object) => Promise<string>
  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] }
    sign = (claims = {}) =>
      new SignJWT({ iss: 'https://a.example', aud: 'us', sub: 'x', iat: NOW, exp: NOW + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: '1' })
        .sign(privateKey as CryptoKey)
  })

  it('opens to its claims', async () => {
    expect(await openAssertion(await sign(), jwks, RULES)).toMatchObject({ sub: 'x' })
  })

  it('has one spelling, for logins too, which look at nothing before (C12)', async () => {
    const jwt = await sign()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const slack = jwt.slice(0, -1) + alphabet[alphabet.indexOf(jwt.at(-1) ?? '') ^ 1]
    for (const spelled of [slack, `${jwt}=`, `${jwt} `, jwt.replace('.', '.\n')])
      await expect(openAssertion(spelled, jwks, RULES)).rejects.toMatchObject({ code: 'form' })
    const long = await sign({ long: 'a'.repeat(8192) })
    await expect(openAssertion(long, jwks, RULES)).rejects.toMatchObject({ code: 'length' })
  })

  it.each<[string, object, string]>([
    ['among others', { aud: ['them', 'us'] }, 'among'],
    ['alone in a list', { aud: ['us'] }, 'alone'],
    ['alone', {}, 'alone'],
    ['as a text', {}, 'text'],
  ])('may name us %s, where that is enough', async (_, claims, audienceForm) => {
    const rules = { ...RULES, audienceForm: audienceForm as 'among' | 'alone' | 'text' }
    expect(await openAssertion(await sign(claims), jwks, rules)).toMatchObject({ sub: 'x' })
  })

  it.each<[string, object, string]>([
    ['twice', { aud: ['us', 'us'] }, 'alone'],
    ['among others', { aud: ['us', 'them'] }, 'alone'],
    ['in a list', { aud: ['us'] }, 'text'],
  ])('may not name us %s, where that is not enough', async (_, claims, audienceForm) => {
    const rules = { ...RULES, audienceForm: audienceForm as 'alone' | 'text' }
    await expect(openAssertion(await sign(claims), jwks, rules)).rejects.toMatchObject({ code: 'audience' })
  })

  it('is not opened by what is no JWK Set', async () => {
    for (const none of [{}, { keys: 'x' }, { keys: [] }, null, 'x'])
      await expect(openAssertion(await sign(), none, RULES)).rejects.toHaveProperty('name', 'TokenError')
  })
})
