import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { challengeOf } from '../../../src/protocol/pkce.ts'
import { blockOf } from '../../docs.ts'
import { createDocumentIssuer, DOCUMENT } from '../../parties/client_documents.ts'
import { type HttpsServer, makeCertificate, startHttpsServer } from '../../parties/https_server.ts'
import { VERIFIER } from '../../parties/person.ts'
import { CALLBACK, createWalkInIssuer } from '../../parties/walk_in.ts'

const LOCAL = 'http://localhost:8787'
const known = getCACertificates('default')
const own = makeCertificate()
let server: HttpsServer

beforeAll(async () => {
  server = await startHttpsServer(own, ({ url }, response) => {
    const client_id = `https://localhost:${server.port}${url}`
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...DOCUMENT, client_id }))
  })
})
afterAll(async () => {
  setDefaultCACertificates(known)
  await server.stop()
})

/** Asks as the client whose document the server has. */
async function ask(issuer: string, path: string): Promise<number> {
  const client_id = `https://localhost:${server.port}${path}`
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id, redirect_uri: CALLBACK, scope: 'read' },
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
  const { status } = await createWalkInIssuer({ issuer }).ask(new Request(`${issuer}/authorize?${query}`))
  return status
}

it('an issuer in development takes a document of this very machine, from a server whose certificate is vouched for', async () => {
  expect(await ask(LOCAL, '/app.json')).toBe(503)
  setDefaultCACertificates([...known, own.cert])
  expect(await ask(LOCAL, '/app.json')).toBe(303)
  expect(server.requests.map(({ url }) => url)).toEqual(['/app.json'])
})

it('any other issuer connects to nobody for it', async () => {
  setDefaultCACertificates([...known, own.cert])
  const before = server.connections()
  expect(await ask('https://as.example', '/app.json')).toBe(400)
  expect(server.connections()).toBe(before)
})

it('takes the document that the page shows', async () => {
  const document = JSON.parse(blockOf('registration-document')) as { client_id: string; redirect_uris: string[] }
  const issuer = createDocumentIssuer()
  issuer.published.set(document.client_id, () => Response.json(document))
  for (const redirect_uri of document.redirect_uris)
    expect((await issuer.question({ client_id: document.client_id }, { redirect_uri })).status).toBe(200)
})
