/** A peer by npm's jose: does the jobs on stdin, as peers.test.ts describes them. */
import { json } from 'node:stream/consumers'
import {
  CompactEncrypt,
  CompactSign,
  compactDecrypt,
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
} from 'jose'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

async function make({ kind }) {
  const options = { extractable: true, ...(kind === 'RSA' ? {} : { crv: kind }) }
  const { privateKey } = await generateKeyPair(kind === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES', options)
  return exportJWK(privateKey)
}

async function open({ token, keys, alg, enc, jwks, sig }) {
  const { kid, typ, cty } = decodeProtectedHeader(token)
  const key = await importJWK(
    keys.keys.find((jwk) => jwk.kid === kid),
    alg,
  )
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] }
  const { plaintext } = await compactDecrypt(token, key, options)
  if (jwks === undefined) {
    if (typ !== 'at+jwe') throw new Error('another typ')
    return JSON.parse(decoder.decode(plaintext))
  }
  if (cty !== 'JWT') throw new Error('another cty')
  const { payload, protectedHeader } = await compactVerify(plaintext, createLocalJWKSet(jwks), { algorithms: [sig] })
  if (protectedHeader.typ !== 'at+jwt') throw new Error('another typ')
  return JSON.parse(decoder.decode(payload))
}

async function seal({ payload, sign, header, key }) {
  const jws =
    sign === undefined
      ? payload
      : await new CompactSign(encoder.encode(payload))
          .setProtectedHeader(sign.header)
          .sign(await importJWK(sign.key, sign.header.alg))
  return new CompactEncrypt(encoder.encode(jws)).setProtectedHeader(header).encrypt(await importJWK(key, header.alg))
}

const results = []
for (const job of await json(process.stdin)) {
  try {
    results.push({ value: await { make, open, seal }[job.do](job) })
  } catch (error) {
    results.push({ error: `${error.name}: ${error.message}` })
  }
}
console.log(JSON.stringify(results))
