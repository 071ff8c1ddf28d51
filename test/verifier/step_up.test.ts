import { describe, expect, it } from 'vitest'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { resourceServer } from '../../src/verifier/fetch.ts'
import { createVerifier, type Demand } from '../../src/verifier/index.ts'
import { NOW } from '../fixtures.ts'
import { MCP, mcpOptions, sealFor } from '../parties/mcp_server.ts'

const { onProblem: _, ...options } = mcpOptions
const VERIFIERS = {
  'bulla/verifier': createVerifier(mcpOptions),
  'bulla/verifier/direct': createDirectVerifier(mcpOptions),
}
const told = (rest: string): string =>
  `Bearer realm="${MCP}", error="insufficient_user_authentication", error_description="Another login, or a more recent one, is needed here."${rest}`

describe.each(Object.entries(VERIFIERS))('a demand of %s for a login (RFC 9470 §3)', (_, verifier) => {
  it.each<[string, Demand, object, boolean]>([
    ['the context', { acr: 'high' }, { acr: 'high' }, true],
    ['one of the contexts', { acr: 'highest high' }, { acr: 'high' }, true],
    ['another context', { acr: 'high' }, { acr: 'low' }, false],
    ['a context that begins so', { acr: 'high' }, { acr: 'hi' }, false],
    ['several contexts in one', { acr: 'high low' }, { acr: 'high low' }, false],
    ['no context', { acr: 'high' }, {}, false],
    ['a login of just now', { maxAge: 1 }, { auth_time: NOW }, true],
    ['the oldest that it may be, with the tolerance of clocks', { maxAge: 300 }, { auth_time: NOW - 310 }, true],
    ['a second older', { maxAge: 300 }, { auth_time: NOW - 311 }, false],
    ['no time', { maxAge: 300 }, {}, false],
    ['both', { acr: 'high', maxAge: 300 }, { acr: 'high', auth_time: NOW }, true],
    ['one of both', { acr: 'high', maxAge: 300 }, { acr: 'high', auth_time: NOW - 400 }, false],
  ])('is held against a token with %s', async (_, demand, more, isIn) => {
    const result = await verifier.verify(await sealFor(['read'], more), demand)
    expect([result.ok, result.code]).toEqual([isIn, isIn ? undefined : 'insufficient_user_authentication'])
  })

  it('is said in the challenge, with the scope, and to nobody else', async () => {
    const token = await sealFor(['other'])
    const challenge = async (demand: Demand, shown = token) => {
      const { response } = await verifier.verify(shown, demand)
      return [response?.status, response?.headers.get('www-authenticate')]
    }
    expect(await challenge({ acr: 'high gold', maxAge: 300, scope: 'read' })).toEqual([
      401,
      told(', acr_values="high gold", max_age="300", scope="read"'),
    ])
    expect(await challenge({ acr: 'high' })).toEqual([401, told(', acr_values="high"')])
    expect(await challenge({ maxAge: 1 })).toEqual([401, told(', max_age="1"')])
    expect((await challenge({ acr: 'high', maxAge: 300 }, 'x'))[1]).not.toMatch(/acr_values|max_age/)
  })

  it.each([
    { acr: undefined },
    { acr: '' },
    { acr: ['high'] },
    { acr: 'high"' },
    { acr: 'high  low' },
    { maxAge: undefined },
    { maxAge: 0 },
    { maxAge: -1 },
    { maxAge: 1.5 },
    { maxAge: '300' },
    { max_age: 300 },
  ])('lets nobody in where it is none: %j', async (demand) => {
    const token = await sealFor(['read'], { acr: 'high', auth_time: NOW })
    expect(await verifier.verify(token, demand as never)).toMatchObject({ code: 'server_error', reason: 'demand' })
  })
})

describe("a framework's demand for a login", () => {
  it('stands beside a scope that is found for each request', async () => {
    const mcp = resourceServer({ ...options, scope: () => 'read', acr: 'high', maxAge: 300 })
    const ask = async (more: object) => {
      const authorization = `Bearer ${await sealFor(['read'], more)}`
      return (await mcp(new Request(MCP, { headers: { authorization } }), () => new Response('in'))).status
    }
    expect([await ask({ acr: 'high', auth_time: NOW }), await ask({ acr: 'high' }), await ask({})]).toEqual([
      200, 401, 401,
    ])
    for (const wrong of [{ acr: undefined }, { acr: 7 }, { maxAge: '1' }, { maxAge: 0 }])
      expect(() => resourceServer({ ...options, ...wrong } as never)).toThrow(/"acr"|"maxAge"/)
  })
})
