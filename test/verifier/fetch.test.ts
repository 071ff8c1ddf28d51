import { describe, expect, it } from 'vitest'
import { describe as describeResource, resourceServer } from '../../src/verifier/fetch.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { createProver } from '../parties/dpop.ts'
import { MCP, mcpOptions, sealFor } from '../parties/mcp_server.ts'

const prover = await createProver()
const bearer = { authorization: `Bearer ${await sealFor(['read'])}` }

describe('the resource server of a fetch handler', () => {
  it('hands request and entitlement to who answers, and leaves the answer as it is where there is nothing to add', async () => {
    const given = new Response('in')
    const mcp = resourceServer({ ...mcpOptions, scope: 'read' })
    const request = new Request(MCP, { headers: bearer })
    const seen: unknown[] = []
    const answer = await mcp(request, (asked, { sub }) => {
      seen.push(asked === request, sub)
      return given
    })
    expect([answer === given, ...seen]).toEqual([true, true, 'alice'])
    const refused = await mcp(new Request(MCP), () => given)
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { error_description: 'The request has no access token.' },
    ])
  })

  it('adds to an answer that cannot be written to, and to one with a status and headers of its own', async () => {
    const mcp = resourceServer({ ...mcpOptions, cors: '*' })
    const answer = await mcp(new Request(MCP, { headers: bearer }), () =>
      Response.redirect('https://elsewhere.example/', 303),
    )
    expect([answer.status, answer.headers.get('location'), answer.headers.get('access-control-allow-origin')]).toEqual([
      303,
      'https://elsewhere.example/',
      '*',
    ])
  })

  it('says nothing beside what the answer says of other origins itself', async () => {
    const mcp = resourceServer({ ...mcpOptions, cors: ['https://app.example'] })
    const request = new Request(MCP, { headers: { ...bearer, origin: 'https://app.example' } })
    const own = { 'access-control-allow-origin': 'https://other.example', vary: 'Cookie' }
    const answers = [
      await mcp(request, () => new Response('in', { headers: own })),
      await mcp(request, () => new Response('in', { headers: { vary: 'Cookie' } })),
    ]
    expect(answers.map(({ headers }) => [headers.get('access-control-allow-origin'), headers.get('vary')])).toEqual([
      ['https://other.example', 'Cookie'],
      ['https://app.example', 'Cookie, Origin'],
    ])
    for (const answer of answers) expect(await answer.text()).toBe('in')
  })

  it('brings the next nonce with the answer, where scripts may read it (RFC 9449 §8.2)', async () => {
    const mcp = resourceServer({ ...mcpOptions, cors: ['https://app.example'], dpop: { nonce: true } })
    const token = await sealFor(['read'], { cnf: { jkt: prover.jkt } })
    const ask = async (nonce?: string): Promise<Response> => {
      const proof = await prover.prove({ method: 'GET', url: MCP, token, ...(nonce === undefined ? {} : { nonce }) })
      const headers = {
        authorization: `DPoP ${token}`,
        dpop: proof,
        origin: 'https://app.example',
        host: 'mcp.example',
      }
      return mcp(new Request(MCP, { headers }), () => new Response('in'))
    }
    const first = await ask()
    const nonce = first.headers.get('dpop-nonce') ?? ''
    expect([first.status, nonce.length > 20, first.headers.get('access-control-expose-headers')]).toEqual([
      401,
      true,
      expect.stringContaining('DPoP-Nonce'),
    ])
  })

  it('lets nobody in where the scope of a request cannot be told, and throws what its function threw', async () => {
    const mcp = resourceServer({
      ...mcpOptions,
      scope: async (request: Request) => ((await request.json()) as { scope: string }).scope,
    })
    const ask = (body: string, headers: Record<string, string> = bearer) =>
      mcp(new Request(MCP, { method: 'POST', body, headers }), () => new Response('in'))
    expect((await ask('{"scope":"read"}')).status).toBe(200)
    expect((await ask('{"scope":"write"}')).status).toBe(403)
    for (const scope of ['{}', '{"scope":" "}', '{"scope":7}', '{"scope":["read"]}', '{"scope":null}'])
      expect((await ask(scope)).status).toBe(500)
    await expect(ask('{')).rejects.toThrow(SyntaxError)
  })

  it('with DPoP off takes no bound token by either scheme, and speaks of it in no challenge', async () => {
    const off = createVerifier({ ...mcpOptions, dpop: 'off' })
    const token = await sealFor(['read'], { cnf: { jkt: prover.jkt } })
    const dpop = await prover.prove({ method: 'GET', url: MCP, token })
    for (const [headers, code] of [
      [{ authorization: `Bearer ${token}`, dpop }, 'invalid_token'],
      [{ authorization: `DPoP ${token}`, dpop }, 'no_credentials'],
      [{}, 'no_credentials'],
    ] as const) {
      const refused = await off.verify(new Request(MCP, { headers }))
      expect(refused).toMatchObject({ ok: false, code })
      expect(refused.response?.headers.get('www-authenticate')).toMatch(/^Bearer (?!.*DPoP)/)
    }
    expect((await off.verify(new Request(MCP, { headers: bearer }))).ok).toBe(true)
  })
})

describe('the metadata of a fetch handler', () => {
  const { issuer, resource } = mcpOptions
  const describeIt = () => describeResource({ resource, issuer })
  const where = 'https://mcp.example/.well-known/oauth-protected-resource'

  it('are answered at their own URL, which the verifier can name, and at the root', async () => {
    const description = describeIt()
    expect(description.url).toBe(`${where}/mcp`)
    for (const url of [description.url, where]) {
      const answer = description(new Request(url))
      expect([answer?.status, await answer?.json()]).toEqual([200, expect.objectContaining({ resource })])
    }
    expect(description(new Request(where, { method: 'POST' }))).toBeUndefined()
  })

  it('are nothing to any other request', () => {
    expect(describeIt()(new Request(MCP))).toBeUndefined()
  })
})
