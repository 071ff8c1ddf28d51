import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { issuerAddresses, judgeAddress, resourceAddresses } from '../../../src/cli/connect/rules/addresses.ts'
import type { Answer } from '../../../src/cli/connect/rules/answer.ts'
import { readArrival } from '../../../src/cli/connect/rules/authorization.ts'
import { isAllowed, ORIGIN } from '../../../src/cli/connect/rules/browsers.ts'
import { readChallenges } from '../../../src/cli/connect/rules/challenge.ts'
import type { Json } from '../../../src/cli/connect/rules/document.ts'
import { judgeIssuer } from '../../../src/cli/connect/rules/issuer.ts'
import { judgeRefused, judgeRegistered } from '../../../src/cli/connect/rules/registration.ts'
import { judgeResource } from '../../../src/cli/connect/rules/resource.ts'
import { judgeUnknownClient, judgeUnknownCode } from '../../../src/cli/connect/rules/token.ts'

describe('what a client goes by', () => {
  it('looks for documents where MCP says, in its order (RFC 9728 §3.1, RFC 8414 §3.1)', () => {
    expect(resourceAddresses(new URL('https://m.example/a/mcp/'))).toEqual([
      'https://m.example/.well-known/oauth-protected-resource/a/mcp',
      'https://m.example/.well-known/oauth-protected-resource',
    ])
    expect(resourceAddresses(new URL('https://m.example'))).toEqual([
      'https://m.example/.well-known/oauth-protected-resource',
    ])
    expect(issuerAddresses(new URL('https://i.example/t'))).toEqual([
      'https://i.example/.well-known/oauth-authorization-server/t',
      'https://i.example/.well-known/openid-configuration/t',
      'https://i.example/t/.well-known/openid-configuration',
    ])
    expect(issuerAddresses(new URL('https://i.example/'))).toEqual([
      'https://i.example/.well-known/oauth-authorization-server',
      'https://i.example/.well-known/openid-configuration',
    ])
  })

  it.each([
    ['http://auth.example.com/token', 'plain_http', undefined],
    ['http://localhost:3000/token', 'plain_http', undefined],
    ['https://auth.example.com/token', undefined, undefined],
    ['/token', 'no_url', 'no_url'],
    ['ftp://auth.example.com/', 'no_url', 'no_url'],
    ['javascript:alert(1)', 'no_url', 'no_url'],
    [undefined, 'no_url', 'no_url'],
    [null, 'no_url', 'no_url'],
  ])('goes to %j by https, and by http where all is on one machine or private network', (url, outside, inside) => {
    expect(judgeAddress('x', url, 'issuer', { isInside: false })?.code).toBe(outside)
    expect(judgeAddress('x', url, 'issuer', { isInside: true })?.code).toBe(inside)
  })

  it.each<[string, readonly unknown[]]>([
    ['Bearer', [['bearer', {}]]],
    ['Bearer realm="a, Basic b=\\"c\\"", scope="x y"', [['bearer', { realm: 'a, Basic b="c"', scope: 'x y' }]]],
    [
      'Basic realm=a, DPoP algs="ES256", Bearer a = b',
      [
        ['basic', { realm: 'a' }],
        ['dpop', { algs: 'ES256' }],
        ['bearer', { a: 'b' }],
      ],
    ],
    ['Bearer a="b', [['bearer', { a: '' }]]],
    ['a=b', []],
    ['', []],
  ])('reads the challenge %j (RFC 9110 §11.6.1)', (header, expected) => {
    const read = readChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
    expect(read).toEqual(expected)
  })

  it('takes no wildcard of a preflight for Authorization (Fetch §3.3.4)', () => {
    const answer = (headers: Readonly<Record<string, string>>, status = 204): Answer => ({
      ok: true,
      url: 'https://m.example',
      status,
      headers: { 'access-control-allow-origin': ORIGIN, ...headers },
      text: '',
      isCut: false,
    })
    const wanted = ['authorization', 'content-type']
    expect(isAllowed(answer({ 'access-control-allow-headers': '*' }), wanted)).toBe(false)
    expect(isAllowed(answer({ 'access-control-allow-headers': '*' }), ['content-type'])).toBe(true)
    expect(isAllowed(answer({ 'access-control-allow-headers': '*, Authorization' }), wanted)).toBe(true)
    expect(isAllowed(answer({ 'access-control-allow-headers': '*, Authorization' }, 401), wanted)).toBe(false)
  })

  it('judges any JSON, and falls over none', () => {
    const names = [
      'resource',
      'authorization_servers',
      'scopes_supported',
      'issuer',
      'token_endpoint',
      'authorization_endpoint',
      'registration_endpoint',
      'code_challenge_methods_supported',
      'response_types_supported',
      'protected_resources',
      'jwks_uri',
      'client_id',
      'client_secret',
      'redirect_uris',
      'token_endpoint_auth_method',
      'grant_types',
      'error',
      'error_description',
      '__proto__',
      'toString',
    ]
    const odd = fc.constantFrom<unknown>(null, '', [], {}, 0, true, 'x', [null], ['x'], 'https://i.example/', {
      toString: 1,
    })
    const members = fc.dictionary(fc.constantFrom(...names), odd)
    const place = { isInside: false }
    const expected = { called: 'https://i.example', isApis: true, resource: undefined, scopes: ['x'], isOpenid: true }
    fc.assert(
      fc.property(members, fc.constantFrom(200, 201, 302, 400, 401, 500), fc.string(), (json, status, location) => {
        const text = JSON.stringify(json)
        const answer: Answer = {
          ok: true,
          url: 'https://i.example/',
          status,
          headers: { location },
          text,
          isCut: false,
        }
        const told = JSON.parse(text) as Json
        judgeResource(told, new URL('https://m.example/mcp'), place)
        const { issuer } = judgeIssuer(told, expected, place)
        judgeRegistered(answer, issuer)
        judgeRefused(answer)
        readArrival(answer, issuer, place)
        judgeUnknownCode(answer)
        judgeUnknownClient(answer)
      }),
      { numRuns: 1000 },
    )
  })
})
