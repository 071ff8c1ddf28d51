/**
 * A resource server on Vercel's edge, with the keys of an export: it tells whose the token is that it is shown.
 *
 * @module
 */

import { createVerifier } from '../../../src/verifier/index.ts'

/** The names of all tests: what else stands beside them has no place in a bundle. */
const [ISSUER, API] = ['https://as.example', 'https://api1.example']

/** What whoever makes the bundle puts in its place. */
declare const KEYS: string
declare function addEventListener(
  type: 'fetch',
  listener: (event: { readonly request: Request; respondWith(answer: Response | Promise<Response>): void }) => void,
): void

const verifier = createVerifier({ issuer: ISSUER, resource: API, keys: KEYS })
addEventListener('fetch', (event) =>
  event.respondWith(
    verifier
      .verify(event.request)
      .then((result) => (result.ok ? new Response(result.entitlement.sub) : result.response)),
  ),
)
