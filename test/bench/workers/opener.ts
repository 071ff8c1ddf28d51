/**
 * A Worker that opens a token as often as it is asked to, in one of three ways. Its caller takes the time: inside workerd
 * the clock stands still.
 *
 * @module
 */

import { jwtDecrypt } from 'jose'
import { createDirectVerifier } from '../../../src/verifier/direct.ts'

interface Env {
  readonly ISSUER: string
  readonly RESOURCE: string
  readonly KEYS: string
  readonly TOKEN: string
  /** The leaf's bytes, base64url. */
  readonly LEAF: string
}

type Way = () => Promise<unknown>

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

async function waysOf({ ISSUER: issuer, RESOURCE: resource, KEYS: keys, TOKEN: token, LEAF }: Env) {
  const verifier = createDirectVerifier({ issuer, resource, keys })
  const key = await crypto.subtle.importKey('raw', bytesOf(LEAF), 'AES-GCM', false, ['decrypt'])
  const [header = '', , iv = '', ciphertext = '', tag = ''] = token.split('.')
  const algorithm = { name: 'AES-GCM', iv: bytesOf(iv), additionalData: new TextEncoder().encode(header) }
  const sealed = Uint8Array.from([...bytesOf(ciphertext), ...bytesOf(tag)])
  const utf8 = new TextDecoder()
  const ways: Readonly<Record<string, Way>> = {
    ours: () => verifier.verify(token),
    jose: () => jwtDecrypt(token, key, { issuer, audience: resource, typ: 'at+jwe' }),
    floor: async () => JSON.parse(utf8.decode(await crypto.subtle.decrypt(algorithm, key, sealed))),
  }
  return ways
}

let ways: Promise<Readonly<Record<string, Way>>> | undefined

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    ways ??= waysOf(env)
    const way = (await ways)[pathname.slice(1)]
    if (way === undefined) return new Response(null, { status: 404 })
    for (let left = Number(searchParams.get('times')); left > 0; left--)
      // What is refused fast is no speed.
      if (((await way()) as { ok?: boolean }).ok === false) return new Response('a good token is refused')
    return new Response('done')
  },
}
