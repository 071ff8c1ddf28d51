import { describe, expect, it } from 'vitest'
import { DPOP_ALGORITHMS } from '../../src/token/dpop.ts'
import { describeResource, type ResourceDescription } from '../../src/verifier/metadata.ts'
import { API, ISSUER } from '../ring.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'
const about = (changes: object = {}) =>
  describeResource({ resource: API, issuer: ISSUER, ...changes } as ResourceDescription)
const least = { authorization_servers: [ISSUER], bearer_methods_supported: ['header'] }

describe('the metadata of a resource (RFC 9728)', () => {
  it.each([
    ['https://api.example', '', 'https://api.example'],
    ['https://api.example/', '', 'https://api.example'],
    ['https://api.example/mcp', '/mcp', 'https://api.example'],
    ['https://api.example/a/b?c=d', '/a/b?c=d', 'https://api.example'],
    ['https://api.example:8443/?c=d', '?c=d', 'https://api.example:8443'],
    ['http://localhost:3000/mcp', '/mcp', 'http://localhost:3000'],
  ])('of %s stand before its own path (RFC 9728 §3.1)', (resource, path, origin) => {
    const { metadata, ...where } = about({ resource })
    expect(where).toEqual({ path: WELL_KNOWN + path, url: origin + WELL_KNOWN + path })
    expect(metadata).toStrictEqual({ resource, ...least })
  })

  it('tell what there is to tell, and nothing else (RFC 9728 §2, §3.2)', () => {
    const algorithms = { dpop_signing_alg_values_supported: DPOP_ALGORITHMS }
    expect(about({ scopes: [] }).metadata).toStrictEqual({ resource: API, ...least })
    expect(about({ scopes: ['read'], name: 'Notes' }).metadata).toEqual({
      ...{ resource: API, ...least },
      ...{ scopes_supported: ['read'], resource_name: 'Notes' },
    })
    expect(about({ dpop: 'supported' }).metadata).toEqual({ resource: API, ...least, ...algorithms })
    const required = { dpop_bound_access_tokens_required: true }
    expect(about({ dpop: 'required' }).metadata).toEqual({ resource: API, ...least, ...algorithms, ...required })
  })

  it.each<[string, object]>([
    ['"resource" expected the URL', { resource: 'urn:api' }],
    ['"resource" expected the URL', { resource: 'http://api.example' }],
    ['"resource" expected the URL', { resource: 'ftp://api.example' }],
    ['"resource" expected the URL', { resource: 'x-https://api.example' }],
    ['"resource"', { resource: 'api' }],
    ['"issuer"', { issuer: 'http://as.example' }],
    ['"scopes', { scopes: ['read write'] }],
    ['"scopes', { scopes: 'read' }],
    ['"name"', { name: '' }],
    ['"name"', { name: 'a\u0007b' }],
    ['"name"', { name: 'a'.repeat(65) }],
    ['"dpop"', { dpop: true }],
    ['"describeResource" has no setting "scope"', { scope: 'read' }],
  ])('are refused by name: %s', (message, changes) => {
    expect(() => about(changes)).toThrow(message)
    expect(about({ name: 'a'.repeat(64) }).metadata['resource_name']).toHaveLength(64)
  })
})
