import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, remoteKeys, type Verifier } from '../../src/verifier/index.ts'
import { run } from '../checkout.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'

const RESOURCE = 'https://api.example.com'

describe('a real issuer and a real verifier', () => {
  let live: LiveIssuer
  beforeAll(async () => {
    live = await startIssuer()
  }, 60_000)
  afterAll(() => live.stop())

  const post = (path: string, credentials: string, form: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${live.issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(credentials)}` },
      body: new URLSearchParams(form),
    })
  const mint = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', resource: RESOURCE }
    const answer = await post('/token', 'demo-service:demo-secret', form)
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const create = (): Verifier =>
    createVerifier({
      issuer: live.issuer,
      resource: RESOURCE,
      keys: remoteKeys({
        url: `${live.issuer}/keys?resource=${RESOURCE}`,
        clientId: 'demo-api',
        clientSecret: 'demo-api-secret',
      }),
      revocations: { url: `${live.issuer}/revocations` },
    })
  /** Asks every quarter of a second until the token is refused, and returns after how many seconds of asking. */
  async function refusedAfter(verifier: Verifier, token: string): Promise<number> {
    const start = performance.now()
    for (;;) {
      const result = await verifier.verify(token)
      if (!result.ok) {
        expect(result.reason).toBe('revoked')
        return (performance.now() - start) / 1000
      }
      expect(performance.now() - start).toBeLessThan(60_000)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }

  // promise: I06
  it('refuse what its client, or an operator, revoked within the seconds of the metadata', async () => {
    const metadata = await fetch(`${live.issuer}/.well-known/oauth-authorization-server`)
    const { revocations_max_delay: bound } = (await metadata.json()) as { revocations_max_delay: number }
    const verifier = create()
    const [token, other] = [await mint(), await mint()]
    expect((await verifier.verify(token)).ok).toBe(true)
    expect((await post('/revoke', 'demo-service:demo-secret', { token })).status).toBe(200)
    expect(await refusedAfter(verifier, token)).toBeLessThanOrEqual(bound)
    expect((await verifier.verify(other)).ok).toBe(true)
    const { code, out } = await run(
      'node',
      `src/cli/bulla.ts revoke client demo-service --issuer ${live.issuer} --client demo-operator --secret-file -`.split(
        ' ',
      ),
      { input: 'demo-operator-secret\n' },
    )
    expect([code, JSON.parse(out)]).toEqual([0, { revoked: 'client', effective_within: bound }])
    expect(await refusedAfter(verifier, other)).toBeLessThanOrEqual(bound)
  }, 120_000)

  it('tell the operator whose secret is wrong', async () => {
    const { code, err } = await run(
      'node',
      `src/cli/bulla.ts revoke sub alice --issuer ${live.issuer} --client demo-operator --secret-file -`.split(' '),
      { input: 'wrong' },
    )
    expect([code, err]).toEqual([1, expect.stringMatching(/^bulla: the issuer refuses: invalid_client /)])
  })
})
