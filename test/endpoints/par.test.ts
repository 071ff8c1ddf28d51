import { expect, it } from 'vitest'
import { createDocumentHolders } from '../../src/authentication/document_client.ts'
import { createPushedRequests } from '../../src/authorization/pushed_requests.ts'
import { createContext } from '../../src/context.ts'
import { createParEndpoint } from '../../src/endpoints/par.ts'
import { ISSUER, testSettings } from '../fixtures.ts'
import { authorizeUrl, REQUESTS } from '../parties/person.ts'

it.each([
  ['web', 'web', 201],
  ['web', 'pub', 401],
  ['pub', 'web', 401],
])('%s, however it was proved, that pushes a request of %s gets %s (RFC 9126 §2)', async (proved, named, status) => {
  const context = createContext(testSettings())
  const client = context.settings.clients.get(proved)
  if (client === undefined) throw new Error('there is no such client')
  const proveClient = async () => ({ client, spend: async () => {} })
  const pushedRequests = createPushedRequests(context)
  const requestObjects = { open: async () => undefined }
  const endpoint = createParEndpoint(context, {
    proveClient,
    documentHolders: createDocumentHolders(context),
    pushedRequests,
    requestObjects,
  })
  const answer = await endpoint({
    uri: `${ISSUER}/par`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URL(authorizeUrl({ ...REQUESTS[named], client_id: named })).search.slice(1),
  })
  expect(answer.status).toBe(status)
})
