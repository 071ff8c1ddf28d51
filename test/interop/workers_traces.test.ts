import { describe, expect, it, onTestFinished } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { basic, ISSUER, secretHash, testKey } from '../fixtures.ts'
import { TAIL_WORKER } from '../parties/cloudflare_tail.ts'
import { startOtlpReceiver } from '../parties/otlp_receiver.ts'
import { startWorker } from '../parties/workerd.ts'

/** The issuer as a Worker, with what it is made from as one text. */
const SOURCE = `import { AsyncLocalStorage } from 'node:async_hooks'
import { createIssuer, readBindings } from './src/index.ts'
globalThis.AsyncLocalStorage = AsyncLocalStorage
let issuer
export default {
  fetch(request, { SETTINGS_OF_TEST }, execution) {
    issuer ??= createIssuer(readBindings(JSON.parse(SETTINGS_OF_TEST)))
    const { pathname } = new URL(request.url)
    return issuer.fetch(new Request('${ISSUER}' + pathname, request), {}, execution)
  },
}
`

describe('what Workers trace', () => {
  it('has an event as a line of JSON in it, which comes out whole where OTLP is taken', async () => {
    const receiver = await startOtlpReceiver()
    onTestFinished(() => receiver.close())
    const settings = {
      ISSUER,
      KEY_RING: writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })),
      RESOURCES: { 'https://api.example.com': { scopes: ['read'] } },
      CLIENTS: {
        service: {
          secret_hash: secretHash('service-secret'),
          grant_types: ['client_credentials'],
          resources: ['https://api.example.com'],
          scopes: ['read'],
        },
      },
    }
    const bindings = { SETTINGS_OF_TEST: JSON.stringify(settings) }
    const worker = await startWorker(SOURCE, bindings, { source: TAIL_WORKER, to: receiver.url })
    onTestFinished(() => worker.stop())
    const answer = await fetch(`${worker.url}/token`, {
      method: 'POST',
      headers: { authorization: basic('service', 'service-secret') },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'https://api.example.com' }),
    })
    expect(answer.status).toBe(200)
    const { access_token } = (await answer.json()) as { access_token: string }

    const events = () =>
      receiver.logs
        .map(({ body }) => JSON.parse(String(body)) as Readonly<Record<string, unknown>>)
        .filter(({ type }) => type === 'token.issued')
    await expect.poll(events).toHaveLength(1)
    expect(events()[0]).toMatchObject({
      client: 'service',
      proved: true,
      outcome: 'ok',
      resource: 'https://api.example.com',
      request: answer.headers.get('request-id'),
    })
    await expect
      .poll(() =>
        receiver.spans.map(({ attributes }) => [attributes['url.full'], attributes['http.response.status_code']]),
      )
      .toContainEqual([`${worker.url}/token`, 200])
    expect(receiver.refused).toEqual([])
    expect(JSON.stringify([receiver.logs, receiver.spans])).not.toMatch(new RegExp(`service-secret|${access_token}`))
  })
})
