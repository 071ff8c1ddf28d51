import { describe, expect, it } from 'vitest'
import { createMemoryRevocations } from '../../src/index.ts'
import { API, ISSUER, NOW, VARS } from '../fixtures.ts'
import { authorizeUrl } from '../parties/person.ts'
import { createWalkInIssuer } from '../parties/walk_in.ts'

const issuer = createWalkInIssuer({
  openid: {},
  resources: { [API]: VARS.RESOURCES[API] },
  revocations: createMemoryRevocations('salt', () => NOW * 1000),
  clients: { pub: { ...VARS.CLIENTS.pub, authorization_details_types: [] } },
})

const DOCUMENTS = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/jwks',
  '/revocations',
]
const FOR_APPS = ['/token', '/revoke', '/par', '/register', '/userinfo']
const FOR_SERVERS = ['/introspect', '/keys', '/healthz', '/admin/settings']
const PAGES = [
  '/',
  '/authorize',
  '/login',
  '/login/callback',
  '/consent',
  '/logout',
  '/apps',
  authorizeUrl().slice(ISSUER.length),
]
const ORIGINS = ['https://evil.example', 'null', ISSUER, 'https://as.example.evil.example', 'https://EVIL.example']

/** Returns what an answer lets a page of an origin do. */
async function lets(path: string, method: string, origin: string) {
  const headers = {
    origin,
    cookie: '__Host-bulla-session=x',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization, dpop, x-evil, cookie',
  }
  const body = method === 'POST' ? { body: 'x=y' } : {}
  const { headers: told } = await issuer.ask(new Request(ISSUER + path, { method, headers, ...body }))
  return {
    origin: told.get('access-control-allow-origin'),
    credentials: told.get('access-control-allow-credentials'),
    asked: told.get('access-control-allow-headers')?.toLowerCase() ?? '',
    network: told.get('access-control-allow-private-network'),
  }
}

describe('a page of another origin', () => {
  // promise: P32
  it.each(ORIGINS)('reads no page and nothing by anybody’s cookies, whatever it asks: %s', async (origin) => {
    for (const method of ['GET', 'POST', 'OPTIONS'])
      for (const path of [...DOCUMENTS, ...FOR_APPS, ...FOR_SERVERS, ...PAGES]) {
        const { credentials, asked, network, ...told } = await lets(path, method, origin)
        const isOpen = [...DOCUMENTS, ...FOR_APPS].includes(path)
        // What is public is so with any header.
        const isAsked = !DOCUMENTS.includes(path) && /x-evil|cookie/.test(asked)
        expect([method, path, credentials, network, isAsked]).toEqual([method, path, null, null, false])
        expect([method, path, told.origin === null || (isOpen && told.origin === '*')]).toEqual([method, path, true])
      }
  })
})
