import { exports } from 'cloudflare:workers'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import { describeResource } from '../../src/verifier/index.ts'
import { API, ISSUER, NOW, testRing } from '../fixtures.ts'

const resource = `${API}/v1`
const about = describeResource({ resource, issuer: ISSUER, scopes: ['read', 'write'], name: 'Orders' })

/** A resource server that tells of itself. */
const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource, now: NOW }))
const app = new Hono()
  .get(about.path, (c) => c.json(about.metadata))
  .use('/v1/*', resourceServer({ issuer: ISSUER, resource, keys, resourceMetadata: about.url, scope: 'read' }))

describe('a protected resource (RFC 9728)', () => {
  it.each([
    ['https://api1.example', '/.well-known/oauth-protected-resource'],
    ['https://api1.example/', '/.well-known/oauth-protected-resource'],
    ['https://api1.example/v1', '/.well-known/oauth-protected-resource/v1'],
    ['https://api1.example/v1/', '/.well-known/oauth-protected-resource/v1/'],
    ['https://api1.example:8443/a/b', '/.well-known/oauth-protected-resource/a/b'],
    ['https://api1.example?tenant=1', '/.well-known/oauth-protected-resource?tenant=1'],
    ['https://api1.example/v1?tenant=1', '/.well-known/oauth-protected-resource/v1?tenant=1'],
    ['http://localhost:3000', '/.well-known/oauth-protected-resource'],
  ])('of %s has its metadata between host and path (RFC 9728 §3.1)', (uri, path) => {
    const described = describeResource({ resource: uri, issuer: ISSUER })
    expect([described.path, described.url]).toEqual([path, new URL(path, uri).href])
  })

  it.each([
    'https://api1.example',
    'https://api1.example/',
    'https://api1.example/v1/',
    'https://API1.example:443/%7e',
  ])('tells its identifier %s to the letter (RFC 9728 §3.3)', (uri) => {
    expect(describeResource({ resource: uri, issuer: ISSUER }).metadata['resource']).toBe(uri)
  })

  it.each([
    ['a URN', { resource: 'urn:example:orders' }, 'resource'],
    ['a URL with a fragment', { resource: 'https://api1.example/#orders' }, 'resource'],
    ['nothing', { resource: undefined as never }, 'resource'],
    ['no issuer', { issuer: '' }, 'issuer'],
  ])('cannot be %s (RFC 9728 §1.2)', (_, changes, name) => {
    expect(() => describeResource({ resource, issuer: ISSUER, ...changes })).toThrow(`"${name}" expected the UR`)
  })

  it('answers with 200 and JSON at its URL (RFC 9728 §3.2)', async () => {
    const response = await app.request(about.url)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    expect(await response.json()).toEqual({
      resource,
      authorization_servers: [ISSUER],
      scopes_supported: ['read', 'write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
    })
  })

  it('leaves out what there is nothing to tell of (RFC 9728 §3.2)', () => {
    const { metadata } = describeResource({ resource, issuer: ISSUER, scopes: [] })
    expect(Object.keys(metadata)).toEqual(['resource', 'authorization_servers', 'bearer_methods_supported'])
  })

  it('names an issuer whose own metadata are of the same name (RFC 9728 §2, RFC 8414 §3.3)', async () => {
    const [issuer] = about.metadata['authorization_servers'] as readonly string[]
    const response = await exports.default.fetch(new Request(`${issuer}/.well-known/oauth-authorization-server`))
    expect(await response.json()).toMatchObject({ issuer })
  })

  it.each([
    ['without a token', undefined, 401],
    ['with a bad one', 'Bearer x', 401],
    ['with a malformed request', 'Bearer', 400],
  ])('names its metadata in the challenge to a request %s (RFC 9728 §5.1)', async (_, authorization, status) => {
    const response = await app.request(`${resource}/orders`, authorization ? { headers: { authorization } } : {})
    const named = /, resource_metadata="([^"]*)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1]
    expect([response.status, named]).toEqual([status, about.url])
  })
})
