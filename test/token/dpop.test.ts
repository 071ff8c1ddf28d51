import fc from 'fast-check'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { digestLabels } from '../../keys/digest.ts'
import { DPOP_ALGORITHMS, openProof, type ProofExpectations } from '../../src/token/dpop.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { createProver, type ProofChanges } from '../parties/dpop.ts'
import examples from '../vectors/rfc/rfc9449-examples.json' with { type: 'json' }

const expected: ProofExpectations = { method: 'POST', url: `${ISSUER}/token`, now: NOW }
const prover = await createProver()
const refusal = async (proof: string, changes: Partial<ProofExpectations> = {}): Promise<unknown> =>
  openProof(proof, { ...expected, ...changes }).then(
    () => 'taken',
    (error) => error.code,
  )

/** Returns a proof with another header or payload under the same signature. */
const spliced = (proof: string, part: 0 | 1, text: string): string =>
  proof
    .split('.')
    .map((segment, index) => (index === part ? encodeBase64url(new TextEncoder().encode(text)) : segment))
    .join('.')

/** Returns a good proof by a key, but for its signature. */
function unsigned(alg: string, jwk: Readonly<Record<string, string>>, jti: string): string {
  const claims = { jti, htm: 'POST', htu: `${ISSUER}/token`, iat: NOW }
  const parts = [{ typ: 'dpop+jwt', alg, jwk }, claims].map((part) => new TextEncoder().encode(JSON.stringify(part)))
  return parts.map(encodeBase64url).join('.')
}

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flatMap((part) => [...part]))))
}

/** Pads the digest of a text as PS256 does for a key of 2,048 bits, with a salt of zeros (RFC 8017 §9.1.1). */
async function padded(text: string): Promise<Uint8Array> {
  const salt = new Uint8Array(32)
  const digest = await sha256(new Uint8Array(8), await sha256(new TextEncoder().encode(text)), salt)
  const block = new Uint8Array(223).with(190, 1)
  for (let count = 0; count < 7; count++) {
    const mask = await sha256(digest, Uint8Array.of(0, 0, 0, count))
    for (const [at, byte] of mask.entries())
      if (count * 32 + at < 223) block[count * 32 + at] = (block[count * 32 + at] ?? 0) ^ byte
  }
  block[0] = (block[0] ?? 0) & 0x7f
  return Uint8Array.of(...block, ...digest, 0xbc)
}

describe("the specification's own proofs (RFC 9449 §4.1, §5, §7)", () => {
  it.each(examples)('$id is taken for its request and its token, and gives the thumbprint of §6.1', async (example) => {
    const { proof, method, host, path, access_token, claims, jkt } = example
    const request: ProofExpectations = {
      method,
      url: `https://${host}${path}`,
      now: claims.iat,
      ...(access_token === null ? {} : { token: access_token }),
    }
    expect(await openProof(proof, request)).toMatchObject({ jkt, nonce: undefined })
    for (const changes of [{ method: 'PUT' }, { url: 'https://server.example.com/other' }, { token: 'another' }])
      expect(await refusal(proof, { ...request, ...changes })).toBe('proof_request')
    expect(await refusal(proof, { ...request, now: claims.iat + 61 })).toBe('proof_time')
  })
})

describe('a DPoP proof', () => {
  it.each(DPOP_ALGORITHMS)('is taken when it is signed by %s', async (alg) => {
    const other = await createProver(alg, alg === 'PS256' ? { modulusLength: 2048 } : {})
    expect(await openProof(await other.prove({ nonce: 'n' }), expected)).toEqual({
      jkt: other.jkt,
      id: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: NOW + 61,
      nonce: 'n',
    })
  })

  it('is named by its key and its jti', async () => {
    const other = await createProver()
    const ids = await Promise.all(
      [
        prover.prove({ claims: { jti: 'a' } }),
        prover.prove({ claims: { jti: 'a', more: 1 } }),
        prover.prove({ claims: { jti: 'b' } }),
        other.prove({ claims: { jti: 'a' } }),
      ].map(async (proof) => (await openProof(await proof, expected)).id),
    )
    expect([ids[0] === ids[1], new Set(ids).size]).toEqual([true, 3])
    // By every version alike: the same proof is to be spent once.
    expect(ids[0]).toBe(digestLabels('dpop', prover.jkt, 'a'))
  })

  it.each([-60, -10, 0, 10, 60])('may be %i seconds off', async (seconds) => {
    expect(await openProof(await prover.prove({ now: NOW + seconds }), expected)).toMatchObject({
      expiresAt: NOW + seconds + 61,
    })
  })

  it('may begin a minute ahead, and end a second from now', async () => {
    expect(await refusal(await prover.prove({ claims: { nbf: NOW + 60, exp: NOW + 1 } }))).toBe('taken')
  })

  it("may be spelled as its maker's JSON library likes, and hold members that mean nothing here", async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(publicKey)
    const header = `{ "kid": "1", "jwk": ${JSON.stringify(jwk)},\n "alg": "ES256", "typ": "dpop+jwt" }`
    const htu = `${ISSUER}/token`.replaceAll('/', '\\/')
    const payload = `{"iat": ${NOW}.5, "htu": "${htu}", "htm": "POST", "jti": "\\u0061", "extra": [1, 2]}`
    const signed = [header, payload].map((text) => encodeBase64url(new TextEncoder().encode(text))).join('.')
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(signed))
    const proof = `${signed}.${encodeBase64url(new Uint8Array(signature))}`
    expect(await openProof(proof, expected)).toMatchObject({ expiresAt: NOW + 61 })
  })

  it.each<[string, ProofChanges, string]>([
    ['another typ', { header: { typ: 'JWT' } }, 'proof'],
    ['no typ', { header: { typ: undefined } }, 'proof'],
    ['the typ as a media type', { header: { typ: 'application/dpop+jwt' } }, 'proof'],
    ['no key', { header: { jwk: undefined } }, 'proof_key'],
    ['a key that is a text', { header: { jwk: 'key' } }, 'proof_key'],
    ['a list of keys', { header: { jwk: [prover.jwk] } }, 'proof_key'],
    ['a private key', { header: { jwk: { ...prover.jwk, d: prover.jwk.x } } }, 'proof_key'],
    ['a shared key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }, 'proof_key'],
    ['a shared key inside the public one', { header: { jwk: { ...prover.jwk, k: 'AAAA' } } }, 'proof_key'],
    ['a key of another kind', { header: { jwk: { ...prover.jwk, kty: 'OKP', crv: 'Ed25519' } } }, 'proof_key'],
    ['a key on another curve', { header: { jwk: { ...prover.jwk, crv: 'P-384' } } }, 'proof_key'],
    ['a key without y', { header: { jwk: { ...prover.jwk, y: undefined } } }, 'proof_key'],
    ['a key that is on no curve', { header: { jwk: { ...prover.jwk, y: prover.jwk.x } } }, 'proof_signature'],
    ['a key by reference', { header: { jku: 'https://evil.example/jwks' } }, 'proof'],
    ['a certificate', { header: { x5c: ['AAAA'] } }, 'proof'],
    ['no jti', { claims: { jti: undefined } }, 'proof'],
    ['an empty jti', { claims: { jti: '' } }, 'proof'],
    ['a jti that is a number', { claims: { jti: 1 } }, 'proof'],
    ['no htm', { claims: { htm: undefined } }, 'proof'],
    ['another method', { method: 'GET' }, 'proof_request'],
    ['the method in lower case', { method: 'post' }, 'proof_request'],
    ['no htu', { claims: { htu: undefined } }, 'proof'],
    ['another URL', { url: `${ISSUER}/introspect` }, 'proof_request'],
    ['another host', { url: 'https://as2.example/token' }, 'proof_request'],
    ['a path alone', { url: '/token' }, 'proof_request'],
    ['no iat', { claims: { iat: undefined } }, 'proof'],
    ['an iat below 0', { claims: { iat: -1 } }, 'proof'],
    ['an nbf below 0', { claims: { nbf: -1 } }, 'proof'],
    ['an iat that is a text', { claims: { iat: String(NOW) } }, 'proof'],
    ['an iat of over a minute ago', { now: NOW - 61 }, 'proof_time'],
    ['an iat over a minute ahead', { now: NOW + 61 }, 'proof_time'],
    ['an exp that is over', { claims: { exp: NOW } }, 'proof_time'],
    ['an nbf over a minute ahead', { claims: { nbf: NOW + 61 } }, 'proof_time'],
    ['an nbf that is a text', { claims: { nbf: 'now' } }, 'proof'],
    ['a nonce that is a number', { claims: { nonce: 1 } }, 'proof'],
  ])('is refused with %s (RFC 9449 §4.3)', async (_, changes, code) => {
    expect(await refusal(await prover.prove(changes))).toBe(code)
  })

  it('is refused with a critical member (RFC 7515 §4.1.11)', async () => {
    const proof = await prover.prove()
    const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: prover.jwk, crit: ['exp'], exp: 1 })
    expect(await refusal(spliced(proof, 0, header))).toBe('proof')
  })

  it.each(['none', 'HS256', 'RS256', 'ES384', 'RSA-OAEP', '__proto__'])('is refused with alg %s', async (alg) => {
    const header = JSON.stringify({ typ: 'dpop+jwt', alg, jwk: prover.jwk })
    expect(await refusal(spliced(await prover.prove(), 0, header))).toBe('proof_key')
  })

  /** Tells what becomes of a header of this text. It is refused before its signature is looked at. */
  const refusalOf = async (head: string | Uint8Array): Promise<unknown> => {
    const [, ...rest] = (await prover.prove()).split('.')
    const bytes = typeof head === 'string' ? new TextEncoder().encode(head) : head
    return refusal([encodeBase64url(Uint8Array.from(bytes)), ...rest].join('.'))
  }
  const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: prover.jwk }

  it.each(['crit', 'b64', 'zip', 'jku', 'x5u', 'x5c'])(
    'is refused with %s in its header, whatever it says',
    async (name) => {
      expect(await refusalOf(JSON.stringify({ ...head, [name]: 1 }))).toBe('proof')
      expect(await refusalOf(JSON.stringify({ ...head, other: 1 }))).toBe('proof_signature')
    },
  )

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'is refused with %s in its key, which is private',
    async (name) => {
      expect(await refusalOf(JSON.stringify({ ...head, jwk: { ...prover.jwk, [name]: 1 } }))).toBe('proof_key')
      expect(await refusalOf(JSON.stringify({ ...head, jwk: { ...prover.jwk, other: 1 } }))).toBe('proof_signature')
    },
  )

  const { x, y } = prover.jwk
  it.each<[string, object]>([
    ['an algorithm in a list', { alg: ['ES256'] }],
    ['a kind in a list', { jwk: { ...prover.jwk, kty: ['EC'] } }],
    ['a curve in a list', { jwk: { ...prover.jwk, crv: ['P-256'] } }],
    ['a coordinate in a list', { jwk: { ...prover.jwk, x: [x] } }],
    ['a longer x', { jwk: { ...prover.jwk, x: `${x}A` } }],
    ['a letter before x that is none', { jwk: { ...prover.jwk, x: `=${x}` } }],
    ['a longer y', { jwk: { ...prover.jwk, y: `${y}A` } }],
    ['a letter before y that is none', { jwk: { ...prover.jwk, y: `=${y}` } }],
  ])('is refused with %s', async (_, changes) => {
    expect(await refusalOf(JSON.stringify({ ...head, ...changes }))).toBe('proof_key')
  })

  it('is refused with a header that is no UTF-8, or begins with a byte order mark', async () => {
    const text = JSON.stringify({ ...head, other: '?' })
    const bytes = new TextEncoder().encode(text)
    expect(await refusalOf(bytes.map((byte) => (byte === 0x3f ? 0xff : byte)))).toBe('proof')
    expect(await refusalOf(`\ufeff${text}`)).toBe('proof')
    expect(await refusalOf(bytes)).toBe('proof_signature')
  })

  it('is refused when it is not signed by the key that it brings', async () => {
    const other = await createProver()
    expect(await refusal(await other.prove({ header: { jwk: prover.jwk } }))).toBe('proof_signature')
    const claims = JSON.stringify({ jti: 'x', htm: 'POST', htu: `${ISSUER}/token`, iat: NOW })
    expect(await refusal(spliced(await prover.prove(), 1, claims))).toBe('proof_signature')
    const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'Ed25519', jwk: (await createProver('Ed25519')).jwk })
    expect(await refusal(spliced(await prover.prove(), 0, header))).toBe('proof_signature')
  })

  // Anybody can sign by such a key: R = 1 and S = 0 are good for each text, or for some of a few. workerd verifies them.
  it.each([
    ['the identity', `01${'00'.repeat(31)}`],
    ['the identity with the sign of x', `01${'00'.repeat(30)}80`],
    ['a point of order 4', '00'.repeat(32)],
    ['the other one', `${'00'.repeat(31)}80`],
    ['a point of order 2', `ec${'ff'.repeat(30)}7f`],
    ['one as large as the prime', `ed${'ff'.repeat(30)}7f`],
    ['the identity with the prime added, and the sign of x', `ee${'ff'.repeat(31)}`],
    ['a point of order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['a second', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['a third', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['a fourth', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
    // promise: P34
  ])('is refused with a key of Ed25519 that is %s', async (_, hex) => {
    const x = encodeBase64url(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)))
    for (let jti = 0; jti < 16; jti++) {
      const text = unsigned('Ed25519', { kty: 'OKP', crv: 'Ed25519', x }, `weak-${jti}`)
      expect(await refusal(`${text}.${encodeBase64url(new Uint8Array(64).with(0, 1))}`)).toBe('proof_key')
    }
  })

  it.each(['AQ', 'AAE', 'AAAB', 'AAAAAQ'])('is refused with a key of RSA whose exponent is one: %s', async (e) => {
    // The signature is the padded digest itself: Node verifies it, workerd takes no such key.
    const n = encodeBase64url(new Uint8Array(256).fill(0xff))
    const text = unsigned('PS256', { kty: 'RSA', n, e }, 'weak')
    expect(await refusal(`${text}.${encodeBase64url(await padded(text))}`)).toBe('proof_key')
  })

  it('is refused with any character changed', async () => {
    const proof = await prover.prove()
    const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.']
    await fc.assert(
      fc.asyncProperty(fc.nat(proof.length - 1), fc.constantFrom(...characters), async (at, character) => {
        fc.pre(proof[at] !== character)
        expect(await refusal(proof.slice(0, at) + character + proof.slice(at + 1))).toMatch(/^proof/)
      }),
    )
  })

  it('is refused for a token that it does not name', async () => {
    const proof = await prover.prove({ token: 'a' })
    expect(await openProof(proof, { ...expected, token: 'a' })).toMatchObject({ jkt: prover.jkt })
    expect(await refusal(proof, { token: 'b' })).toBe('proof_request')
    expect(await refusal(await prover.prove(), { token: 'a' })).toBe('proof_request')
  })

  it.each<[string, (proof: string) => string]>([
    ['nothing', () => ''],
    ['two proofs', (proof) => `${proof}, ${proof}`],
    ['another text behind', (proof) => `${proof} `],
    ['padding', (proof) => `${proof}=`],
    ['four segments', (proof) => `${proof}.AAAA`],
    ['no signature', (proof) => `${proof.slice(0, proof.lastIndexOf('.'))}.`],
    ['over 8192 characters', (proof) => proof + 'A'.repeat(8192)],
    ['a header that is no JSON', (proof) => spliced(proof, 0, '{')],
    ['a header that is a list', (proof) => spliced(proof, 0, '[]')],
    ['a payload that is null', (proof) => spliced(proof, 1, 'null')],
    ['bits that encode nothing', (proof) => `${proof.slice(0, -1)}${proof.endsWith('A') ? 'B' : nextOf(proof)}`],
  ])('is not %s', async (_, change) => {
    expect(await refusal(change(await prover.prove()))).toBe('proof')
  })

  it('is refused with an RSA key that is too short, or too long to be worth the work', async () => {
    const rsa = await createProver('PS256', { modulusLength: 2048 })
    for (const n of [rsa.jwk.n?.slice(0, 200), `${rsa.jwk.n}${'A'.repeat(400)}`])
      expect(await refusal(await rsa.prove({ header: { jwk: { ...rsa.jwk, n } } }))).toBe('proof_key')
    const e = 'A'.repeat(100)
    expect(await refusal(await rsa.prove({ header: { jwk: { ...rsa.jwk, e } } }))).toBe('proof_key')
  })
})

/** The next character of the alphabet: 64 bytes of signature leave four bits of the last one unused. */
function nextOf(proof: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(proof.at(-1) ?? '') + 1] ?? 'B'
}
