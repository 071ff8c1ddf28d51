import { CompactSign, compactVerify, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../keys/index.ts'
import { type PublicJwk, readVerificationKeys, readySigningKey } from '../../src/jose/jwks.ts'
import { signByNode } from '../../src/jose/platform/node_signing.ts'
import { signByWeb } from '../../src/jose/platform/web_signing.ts'
import { signClaims, verifyClaims } from '../../src/jose/signed.ts'
import { createSealer } from '../parties/partner.ts'

const sealer = createSealer()
const verification = await sealer.verification()
const claims = { iss: 'https://as.example', sub: 'alice', n: 1 }
const TYP = 'at+jwt'
const encode = (text: string): string => encodeBase64url(new TextEncoder().encode(text))

/** Returns the claims, or the code of the refusal. */
const verify = (jws: string, typ = TYP, keys = verification): Promise<unknown> =>
  verifyClaims(jws, typ, keys).then(
    (verified) => verified.claims,
    (error: { code: string }) => error.code,
  )

/** Signs with jose alone, as somebody would who has the key. */
async function forge(payload: unknown, header: object = {}, alg: SigningAlgorithm = 'ES256'): Promise<string> {
  const signer = sealer.signer(alg)
  const { privateKey } = await readySigningKey(signer)
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return new CompactSign(bytes).setProtectedHeader({ alg, kid: signer.kid, typ: TYP, ...header }).sign(privateKey)
}
const jwkOf = async (alg: SigningAlgorithm): Promise<PublicJwk> => (await readySigningKey(sealer.signer(alg))).publicJwk

describe.each(SIGNING_ALGORITHMS)('claims signed by %s', (alg) => {
  it('are verified, with the kid of the key', async () => {
    const jws = await signClaims(claims, TYP, sealer.signer(alg))
    expect(await verifyClaims(jws, TYP, verification)).toEqual({ claims, kid: sealer.signer(alg).kid })
    expect(atob(jws.split('.')[0] ?? '')).toBe(`{"alg":"${alg}","kid":"${sealer.signer(alg).kid}","typ":"at+jwt"}`)
  })

  it('are spelled letter by letter as jose spells them, whichever way signs here', async () => {
    const { privateKey, publicJwk } = await readySigningKey(sealer.signer(alg))
    const ofJose = await forge(claims, {}, alg)
    const ours = await signClaims(claims, TYP, sealer.signer(alg))
    // By ECDSA each signature is another.
    if (alg === 'ES256') expect(ours.split('.').slice(0, 2)).toEqual(ofJose.split('.').slice(0, 2))
    else expect(ours).toBe(ofJose)
    const signed = ours.slice(0, ours.lastIndexOf('.'))
    const bytes = new TextEncoder().encode(signed)
    const ways = [signByWeb(privateKey), signByNode(privateKey)].filter((way) => way !== undefined)
    for (const way of ways) {
      const jws = `${signed}.${encodeBase64url(new Uint8Array(await way(bytes)))}`
      expect((await compactVerify(jws, await importJWK(publicJwk, alg), { algorithms: [alg] })).payload).toEqual(
        new TextEncoder().encode(JSON.stringify(claims)),
      )
    }
  })

  it('say under one key what each of them is, in any order', async () => {
    const key = sealer.signer(alg)
    const typs = ['at+jwt', 'JWT', undefined, 'at+jwt', undefined, 'JWT']
    const headers = await Promise.all(typs.map(async (typ) => (await signClaims(claims, typ, key)).split('.')[0] ?? ''))
    const said = (typ: string | undefined) => JSON.stringify({ alg, kid: key.kid, typ })
    expect(headers.map((header) => atob(header))).toEqual(typs.map(said))
  })

  it('are refused with any segment of another', async () => {
    const [a, b] = [await forge(claims, {}, alg), await forge({ ...claims, sub: 'mallory' }, {}, alg)].map((jws) =>
      jws.split('.'),
    ) as [string[], string[]]
    expect(await verify(a.with(1, b[1] ?? '').join('.'))).toBe('signature')
    expect(await verify(a.with(2, b[2] ?? '').join('.'))).toBe('signature')
  })

  it('are refused with a signature of another length, of zeros, or none', async () => {
    const [header, payload, signature = ''] = (await forge(claims, {}, alg)).split('.')
    const length = Math.floor((signature.length * 3) / 4)
    const bytes = [
      new Uint8Array(length),
      new Uint8Array(length).fill(255),
      new Uint8Array(1),
      new Uint8Array(length + 3),
    ]
    for (const one of bytes) expect(await verify(`${header}.${payload}.${encodeBase64url(one)}`)).toBe('signature')
    expect(await verify(`${header}.${payload}.`)).toBe('form')
    expect(await verify(`${header}.${payload}`)).toBe('form')
  })

  it('are refused where the set tells its key for another algorithm (C15)', async () => {
    const other = SIGNING_ALGORITHMS.find((one) => one !== alg) as SigningAlgorithm
    const keys = readVerificationKeys({ keys: [{ ...(await jwkOf(other)), kid: sealer.signer(alg).kid }] })
    expect(await verify(await forge(claims, {}, alg), TYP, keys)).toBe('algorithm')
  })
})

describe('signed claims', () => {
  it.each<[string, object, string]>([
    ['another typ', { typ: 'JWT' }, 'type'],
    ['the typ of a bundle of revocations', { typ: 'revocations+jwt' }, 'type'],
    ['typ in another case', { typ: 'AT+JWT' }, 'type'],
    ['typ with its prefix', { typ: 'application/at+jwt' }, 'type'],
    ['no typ', { typ: undefined }, 'header'],
    ['no kid (H08)', { kid: undefined }, 'header'],
    ['an unknown kid', { kid: 'r9.1' }, 'key'],
    ['a prototype as kid (H09)', { kid: '__proto__' }, 'key'],
    ['cty', { cty: 'JWT' }, 'header'],
    ['a key in its header (C16)', { jwk: { kty: 'EC' } }, 'header'],
    ['a URL of keys in its header (C16)', { jku: 'https://evil.example/jwks' }, 'header'],
    ['a certificate in its header (C16)', { x5c: ['AAAA'] }, 'header'],
  ])('are refused with %s', async (_, header, code) => {
    expect(await verify(await forge(claims, header))).toBe(code)
  })

  it.each(['none', 'None', 'nOnE', 'HS256', 'hs256', 'es256', 'ES384', 'EdDSA', 'Ed25519', 'RS256', 'PS256', ''])(
    'are refused when the header says alg %j (C15)',
    async (alg) => {
      const [, payload, signature] = (await forge(claims)).split('.')
      const header = encode(JSON.stringify({ alg, kid: sealer.signer('ES256').kid, typ: TYP }))
      expect(await verify([header, payload, signature].join('.'))).toBe('algorithm')
    },
  )

  it('are refused when an HMAC under the public key signs them (C15, CVE-2024-37568)', async () => {
    const jwk = await jwkOf('RS256')
    const kid = sealer.signer('RS256').kid
    for (const secret of [JSON.stringify(jwk), String(jwk['n']), `${jwk['n']}.${jwk['e']}`]) {
      const header = { alg: 'HS256', kid, typ: TYP }
      const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader(header)
        .sign(new TextEncoder().encode(secret))
      expect(await verify(jws)).toBe('algorithm')
    }
  })

  it.each<[string, unknown]>([
    ['no JSON', 'hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a member twice (M05)', '{"sub":"alice","sub":"mallory"}'],
    ['white space', '{ "sub":"alice"}'],
    ['an own __proto__ (M05)', '{"__proto__":{"sub":"mallory"}}'],
    ['a byte order mark', '\ufeff{"sub":"alice"}'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
  ])('are refused when what was signed is %s', async (_, payload) => {
    expect(await verify(await forge(payload))).toBe('payload')
  })

  it.each<[string, (jws: string) => string, string]>([
    ['empty', () => '', 'length'],
    ['longer than 8192 characters', (jws) => jws + 'A'.repeat(8192), 'length'],
    ['padded', (jws) => `${jws}=`, 'form'],
    ['followed by a line break', (jws) => `${jws}\n`, 'form'],
    ['with a fourth segment', (jws) => `${jws}.AAAA`, 'form'],
    ['with its payload detached (RFC 7515 appendix F)', (jws) => jws.replace(/\..*\./, '..'), 'form'],
    ['a JWS in JSON (M07)', (jws) => JSON.stringify({ payload: jws.split('.')[1] }), 'form'],
  ])('are refused when the text is %s', async (_, change, code) => {
    expect(await verify(change(await forge(claims)))).toBe(code)
  })

  it('may be as long as the caller says', async () => {
    const long = await signClaims({ text: 'x'.repeat(9000) }, TYP, sealer.signer('ES256'))
    expect(await verify(long)).toBe('length')
    expect((await verifyClaims(long, TYP, verification, 20_000)).claims).toMatchObject({ text: 'x'.repeat(9000) })
  })
})

describe('a signature by ES256', () => {
  const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const bytes = (hex: string): readonly number[] => (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
  const zeros = Array<number>(32).fill(0)

  it.each<[string, readonly number[]]>([
    ['r and s of zero (CVE-2022-21449)', [...zeros, ...zeros]],
    ['r of zero', [...zeros, ...bytes(ORDER).slice(0, 31), 1]],
    ['s of zero', [...bytes(ORDER).slice(0, 31), 1, ...zeros]],
    ['r and s of the order', [...bytes(ORDER), ...bytes(ORDER)]],
    ['r and s of one', [...zeros.with(31, 1), ...zeros.with(31, 1)]],
  ])('with %s is refused', async (_, signature) => {
    const [header, payload] = (await forge(claims)).split('.')
    expect(await verify(`${header}.${payload}.${encodeBase64url(Uint8Array.from(signature))}`)).toBe('signature')
  })

  it('in the form of DER is refused (RFC 7518 §3.4)', async () => {
    const { decodeBase64url } = await import('../../keys/base64url.ts')
    const [header, payload, signature = ''] = (await forge(claims)).split('.')
    const raw = decodeBase64url(signature)
    const integer = (part: Uint8Array): readonly number[] => {
      const first = part.findIndex((byte) => byte !== 0)
      const value = [...((part[first] ?? 0) & 0x80 ? [0] : []), ...part.slice(first)]
      return [2, value.length, ...value]
    }
    const both = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))]
    const der = Uint8Array.from([0x30, both.length, ...both])
    expect(await verify(`${header}.${payload}.${encodeBase64url(der)}`)).toBe('signature')
  })
})

describe('a signature by Ed25519', () => {
  it.each<[string, readonly number[]]>([
    ['R of the neutral point and S of zero', [1, ...Array<number>(63).fill(0)]],
    [
      'R of a point of order two and S of zero',
      [0xec, ...Array<number>(30).fill(0xff), 0x7f, ...Array<number>(32).fill(0)],
    ],
  ])('with %s is refused', async (_, signature) => {
    const [header, payload] = (await forge(claims, {}, 'Ed25519')).split('.')
    expect(await verify(`${header}.${payload}.${encodeBase64url(Uint8Array.from(signature))}`)).toBe('signature')
  })

  it('whose S is not reduced is refused: a signature has one form (RFC 8032 §5.1.7)', async () => {
    const { decodeBase64url } = await import('../../keys/base64url.ts')
    const L = 2n ** 252n + 27742317777372353535851937790883648493n
    const [header, payload, signature = ''] = (await forge(claims, {}, 'Ed25519')).split('.')
    const raw = decodeBase64url(signature)
    let s = raw.slice(32).reduceRight((value, byte) => value * 256n + BigInt(byte), 0n) + L
    for (let at = 32; at < 64; at++) {
      raw[at] = Number(s % 256n)
      s /= 256n
    }
    expect(await verify(`${header}.${payload}.${encodeBase64url(raw)}`)).toBe('signature')
  })
})
