import { afterAll, beforeAll, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { DOCUMENT } from '../parties/client_documents.ts'
import { type HttpsServer, makeCertificate, startHttpsServer } from '../parties/https_server.ts'
import type { LiveIssuer } from '../parties/live_issuer.ts'
import { VERIFIER } from '../parties/person.ts'
import { CALLBACK } from '../parties/walk_in.ts'

const RESOURCE = 'https://api.example.com'
let issuer: LiveIssuer
let server: HttpsServer

beforeAll(async () => {
  const own = makeCertificate()
  server = await startHttpsServer(own, ({ url = '' }, response) => {
    const client_id = `https://localhost:${server.port}${url}`
    if (url === '/moved.json') return void response.writeHead(302, { location: '/app.json' }).end()
    const rest = url === '/long.json' ? { padding: 'a'.repeat(5120) } : {}
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ ...DOCUMENT, client_id, ...rest }))
  })
  // What workerd trusts is read when it is loaded.
  process.env['NODE_EXTRA_CA_CERTS'] = own.file
  const { startIssuer } = await import('../parties/live_issuer.ts')
  issuer = await startIssuer({ REGISTRATION: { resources: [RESOURCE], scopes: ['orders:read'], dynamic: false } })
})
afterAll(async () => {
  await issuer.stop()
  await server.stop()
})

it.each([
  ['/app.json', 200],
  ['/moved.json', 400],
  ['/long.json', 400],
])('a real Worker asked for the document at %s answers %i', async (path, status) => {
  const asked = server.requests.length
  const query = new URLSearchParams({
    ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'orders:read', resource: RESOURCE },
    client_id: `https://localhost:${server.port}${path}`,
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
  const answer = await fetch(`${issuer.issuer}/authorize?${query}`, { redirect: 'manual' })
  expect(answer.status).toBe(status)
  expect(server.requests.slice(asked).map(({ url }) => url)).toEqual([path])
})
