import { describe, expect, it } from 'vitest'
import { createDescription } from '../../src/verifier/description.ts'
import { ISSUER } from '../ring.ts'

const ROOT = '/.well-known/oauth-protected-resource'
const resource = 'https://api.example/mcp?v=1'
const { url, answer } = createDescription({ resource, issuer: ISSUER })
const ask = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
  answer({ method, url: path, headers })
const isAnswered = (path: string): boolean => ask(path) !== undefined

describe('a resource server tells of itself (RFC 9728 §3)', () => {
  it('where its resource says, and at the root, in JSON that may be kept', () => {
    expect(url).toBe(`https://api.example${ROOT}/mcp?v=1`)
    const said = { resource, authorization_servers: [ISSUER], bearer_methods_supported: ['header'] }
    for (const path of [`${ROOT}/mcp?v=1`, ROOT, `${ROOT}?any=1`]) {
      const { status, headers, body } = ask(path) ?? {}
      expect([status, JSON.parse(body ?? '')]).toEqual([200, said])
      expect(headers).toEqual({
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': 'public, max-age=300',
        'Content-Type': 'application/json',
      })
    }
    expect(ask(ROOT, 'HEAD')).toEqual(ask(ROOT))
  })

  it('whatever form the target has: of a Request, a proxy, or with a fragment', () => {
    for (const before of ['', 'https://api.example', 'HTTP://other.example:80', 'https://'])
      for (const after of ['', '#part', '#a\nb'])
        expect([before, after, isAnswered(`${before}${ROOT}${after}`)]).toEqual([before, after, true])
  })

  it('and nowhere else, to no other method', () => {
    const others = [
      '/',
      '',
      '/mcp',
      `${ROOT}/`,
      `${ROOT}/mcp`,
      `${ROOT}/mcp?v=2`,
      `/x${ROOT}`,
      `a b://x${ROOT}`,
      `/x?https://y${ROOT}`,
    ]
    expect(others.filter(isAnswered)).toEqual([])
    for (const method of ['POST', 'OPTIONS', 'DELETE', 'get']) expect(ask(ROOT, method)).toBeUndefined()
    const plain = createDescription({ resource: 'https://api.example/mcp', issuer: ISSUER })
    expect(plain.answer({ method: 'GET', url: `${ROOT}/mcp?x`, headers: {} })?.status).toBe(200)
    const deep = createDescription({ resource: 'https://api.example/v1/mcp', issuer: ISSUER })
    expect(deep.answer({ method: 'GET', url: `${ROOT}/v1a://b/mcp`, headers: {} })).toBeUndefined()
  })

  it('to scripts of everybody, with whatever headers they ask by', () => {
    const preflight = (names: Record<string, string>) =>
      ask(ROOT, 'OPTIONS', { origin: 'https://app.example', 'access-control-request-method': 'GET', ...names })
    const allowed = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Max-Age': '600',
    }
    expect(preflight({})).toStrictEqual({ status: 204, headers: allowed, body: undefined })
    const named = (names: string) => preflight({ 'access-control-request-headers': names })?.headers
    expect(named('mcp-protocol-version, x-a')).toEqual({
      ...allowed,
      'Access-Control-Allow-Headers': 'mcp-protocol-version, x-a',
    })
    for (const bad of ['', 'a\nb', 'a;b', 'ä', ';a', 'a;']) expect(named(bad)).toEqual(allowed)
  })
})
