import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { TokenError } from '../../src/jose/error.ts'
import { type AssertionRules, isKeyMissing, openAssertion, readAssertion } from '../../src/token/assertion.ts'
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
  let sign: (claims?: object, header?: object) => Promise<string>
  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] }
    sign = (claims = {}, header = {}) =>
      new SignJWT({ iss: 'https://a.example', aud: 'us', sub: 'x', iat: NOW, exp: NOW + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: '1', ...header })
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

  const short = { longestRest: 100, clockTolerance: 5 }

  it.each<[string, object, object, object]>([
    ['for us among others, where it is not said how', { aud: ['them', 'us'] }, {}, {}],
    ['of anybody, where nobody is named', { iss: 'https://b.example' }, {}, { issuer: undefined }],
    ['of no one, where nobody is named', { iss: undefined }, {}, { issuer: undefined }],
    ['of a type that is taken, however it is written', {}, { typ: 'APPLICATION/jwt' }, { types: ['jwt'] }],
    ['of no type, where some are taken', {}, {}, { types: ['jwt'] }],
    ['of any type, where all are', {}, { typ: 'x' }, {}],
    ['of its type, in its long form, too', {}, { typ: 'application/at+jwt' }, { typ: 'at+jwt' }],
    ['of its type, letter by letter', {}, { typ: 'at+jwt' }, { typ: 'at+jwt', isTypExact: true }],
    ['that has just not expired', { exp: NOW + 1 }, {}, {}],
    ['made as long ago as may be', { iat: NOW - 60 }, {}, {}],
    ['that ends as late as may be, and the tolerance', { exp: NOW + 105 }, {}, short],
    ['without iat, where its rest counts', { iat: undefined }, {}, short],
    ['made as long ago as may be, and the tolerance', { iat: NOW - 65 }, {}, short],
    ['made a little ahead of us', { iat: NOW + 5 }, {}, short],
    ['that lives for years, where its rest does not count', { exp: NOW + 1e9 }, {}, {}],
  ])('is taken: one %s', async (_, claims, header, rules) => {
    const checked = { ...RULES, ...rules } as AssertionRules
    expect(await openAssertion(await sign(claims, header), jwks, checked)).toMatchObject({ sub: 'x' })
  })

  it.each<[string, string, object, object, object]>([
    ['issuer', 'of another', { iss: 'https://b.example' }, {}, {}],
    ['audience', 'for another', { aud: 'them' }, {}, {}],
    ['claims', 'without a claim that must be there', { sub: undefined }, {}, {}],
    ['claims', 'without an end', { exp: undefined }, {}, {}],
    ['claims', 'without a beginning, where its life counts', { iat: undefined }, {}, {}],
    ['claims', 'with a time that is a text', { exp: `${NOW + 60}` }, {}, {}],
    ['expired', 'that has ended', { exp: NOW }, {}, {}],
    ['expired', 'made longer ago', { iat: NOW - 61 }, {}, {}],
    ['early', 'that begins later', { nbf: NOW + 1 }, {}, {}],
    ['early', 'made ahead of us', { iat: NOW + 1 }, {}, {}],
    ['early', 'made further ahead of us', { iat: NOW + 6 }, {}, short],
    ['lifetime', 'that ends later', { exp: NOW + 106 }, {}, short],
    ['lifetime', 'made longer ago, where its rest counts', { iat: NOW - 66 }, {}, short],
    ['claims', 'without an end, where its rest counts', { exp: undefined }, {}, short],
    ['type', 'of another type', {}, { typ: 'at+jwt' }, { types: ['jwt'] }],
    ['type', 'of a type that only ends so', {}, { typ: 'x-application/jwt' }, { types: ['x-jwt'] }],
    ['type', 'of a type that is no text', {}, { typ: 1 }, { types: ['jwt'] }],
    [
      'type',
      'of its type, but in its long form',
      {},
      { typ: 'application/at+jwt' },
      { typ: 'at+jwt', isTypExact: true },
    ],
    ['claims', 'of another type than must be', {}, { typ: 'jwt' }, { typ: 'at+jwt' }],
    ['algorithm', 'by another algorithm', {}, {}, { algorithms: ['PS256'] }],
    ['key', 'by a key that is not there', {}, { kid: '2' }, {}],
  ])('is refused as %s: one %s', async (code, _, claims, header, rules) => {
    const checked = { ...RULES, ...rules } as AssertionRules
    const refused: unknown = await openAssertion(await sign(claims, header), jwks, checked).catch((error) => error)
    expect(refused).toMatchObject({ name: 'TokenError', code })
    expect(isKeyMissing(refused)).toBe(code === 'key')
  })

  it.each(['jwk', 'jku', 'x5u', 'x5c', 'crit', 'zip', 'b64'])(
    'never brings a key, or changes what the rest means: %s',
    async (member) => {
      const head = encodeBase64url(new TextEncoder().encode(JSON.stringify({ alg: 'ES256', kid: '1', [member]: 0 })))
      const jwt = [head, ...(await sign()).split('.').slice(1)].join('.')
      await expect(openAssertion(jwt, jwks, RULES)).rejects.toMatchObject({ code: 'header' })
    },
  )

  it('is signed by its key', async () => {
    const [head, , signature] = (await sign()).split('.')
    const [, claims] = (await sign({ sub: 'y' })).split('.')
    const refused = await openAssertion([head, claims, signature].join('.'), jwks, RULES).catch((error) => error)
    expect(refused).toMatchObject({ code: 'decryption', cause: expect.any(Error) })
    expect([refused, new TokenError('form'), new Error('key'), undefined].map((one) => isKeyMissing(one))).toEqual(
      Array(4).fill(false),
    )
  })

  it('says before anything is proved whom it is of, who signed, and what, where those are texts', async () => {
    const jwt = await sign()
    const [, payload] = jwt.split('.')
    expect(readAssertion(jwt)).toEqual({ iss: 'https://a.example', sub: 'x', kid: '1', payload })
    expect(readAssertion(await sign({ iss: 1, sub: undefined }, { kid: [] }))).toMatchObject({
      iss: undefined,
      sub: undefined,
      kid: undefined,
    })
  })

  it.each<[string, string | Uint8Array, object | undefined]>([
    ['null', 'null', { iss: undefined, sub: undefined, kid: '1' }],
    ['a text', '"iss"', { iss: undefined, sub: undefined }],
    ['a list', '["iss"]', { iss: undefined, sub: undefined }],
    ['no JSON', '{', undefined],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), undefined],
  ])('is read where its claims are %s, or refused', async (_, claims, read) => {
    const payload = encodeBase64url(typeof claims === 'string' ? new TextEncoder().encode(claims) : claims)
    const [head, , signature] = (await sign()).split('.')
    const jwt = [head, payload, signature].join('.')
    if (read === undefined)
      expect(() => readAssertion(jwt)).toThrow(expect.objectContaining({ code: 'payload', cause: expect.any(Error) }))
    else expect(readAssertion(jwt)).toMatchObject(read)
  })

  it('is not opened by what is no JWK Set', async () => {
    for (const none of [{}, { keys: 'x' }, { keys: [] }, null, 'x'])
      await expect(openAssertion(await sign(), none, RULES)).rejects.toHaveProperty('name', 'TokenError')
  })
})
