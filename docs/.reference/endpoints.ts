/**
 * The endpoints: each route that an issuer mounts, its methods, and what the metadata call it, as an issuer with all of it says.
 *
 * @module
 */

import {
  createIssuer,
  createMemoryGuard,
  createMemoryRevocations,
  loginProviders,
  openidProvider,
} from '../../src/index.ts'
import { tableOf } from './table.ts'

const ISSUER = 'https://auth.example.com'
const API = 'https://api.example.com'

/** Who asks at each endpoint, how they prove themselves, and what there is; `<name>` is of a provider. */
const ENDPOINTS: Readonly<
  Record<string, readonly [whom: 'apps' | 'apis' | 'people' | 'operators', who: string, what: string]>
> = {
  '/authorize': [
    'apps',
    'a browser, for any client',
    'the authorization endpoint (RFC 6749 §3.1); [`prompt`, `max_age`, `idp_hint`](../guides/clients.md#authorization)',
  ],
  '/par': [
    'apps',
    'a client',
    'takes authorization requests from clients themselves (RFC 9126): [Pushing](../guides/clients.md#pushing)',
  ],
  '/register': [
    'apps',
    'anybody',
    'gives a client that nobody configured [an id](../guides/registration.md) (RFC 7591); where `REGISTRATION` and `REGISTRATION_KEYS` are set',
  ],
  '/token': ['apps', 'a client', 'the token endpoint (RFC 6749 §3.2): [Grants](../guides/clients.md#grants)'],
  '/device_authorization': [
    'apps',
    'a client',
    'gives a device a code to show (RFC 8628 §3.1): [Devices](../guides/devices.md); where some client may use it',
  ],
  '/revoke': ['apps', 'a client', 'a client takes back its own tokens (RFC 7009): [Revoking](../guides/revocation.md)'],
  '/userinfo': [
    'apps',
    'who has a token for it',
    'tells a client [who logged in](#userinfo) (OpenID Connect Core §5.3); where `OPENID` is set',
  ],
  '/.well-known/oauth-authorization-server': ['apps', 'anybody', 'the [metadata](#metadata) (RFC 8414)'],
  '/.well-known/openid-configuration': [
    'apps',
    'anybody',
    'the same document (OpenID Connect Discovery); of an issuer with a path each stands before that path and after it',
  ],
  '/keys': [
    'apis',
    'a resource server, proved',
    'its [own keys](../start/other-languages.md#any-other-language), for it alone: its leaves, and the keys that tell [who was revoked](../guides/revocation.md)',
  ],
  '/jwks': ['apis', 'anybody', "the public signing keys: yesterday's, today's and tomorrow's (RFC 7517)"],
  '/revocations': [
    'apis',
    'anybody; by POST an operator, proved',
    'what was revoked, signed, for verifiers; where `REVOCATIONS` is bound. An operator [revokes](../guides/revocation.md) a person, a client, a grant, a key, or the lower branches of a resource',
  ],
  '/introspect': [
    'apis',
    'a resource server, proved',
    'tells what is in its token (RFC 7662); [signed](#introspection) if it asks for that (RFC 9701), and the issuer can prove the token to be its own',
  ],
  '/login': ['people', 'a browser', 'where a login goes on'],
  '/login/callback': ['people', 'a browser', 'where people come back from it'],
  '/login/callback/<name>': [
    'people',
    'a browser',
    'where they come back from [one of several providers](../guides/people-and-login.md#choosing-among-several); by POST where its answer is posted',
  ],
  '/consent': ['people', 'a browser', 'takes the answer of the consent page'],
  '/device': [
    'people',
    'a browser',
    'where people type the code of [a device](../guides/devices.md), and let it in or not',
  ],
  '/logout': [
    'people',
    'a browser',
    'asks, then ends the session for good; can forget what this browser remembers. Of an OpenID provider it is the `end_session_endpoint`: the ID token of a client in this very session stands for the question, and the person goes back to where the client registered',
  ],
  '/logout/callback': [
    'people',
    'a browser',
    'where people come back from a provider that [logged them out, too](../guides/people-and-login.md#sessions), and go on to where the client registered; where some provider has `logout = "provider"`',
  ],
  '/apps': [
    'people',
    'a browser',
    'shows a logged-in person [what was allowed](../guides/people-and-login.md#what-people-allowed) in this browser, and takes it back',
  ],
  '/': ['people', 'anybody', 'a plain page; in development, the demo, which is answered at `/demo`'],
  '/healthz': [
    'operators',
    'anybody; an operator, proved, is told more',
    "200 `ok` or 503 with a reason; each root's state and age; `missing`: by which algorithms no key signs that somebody asks for; nothing secret. With `?deep` [the stores, too](#health); to an operator, what is due",
  ],
  '/admin/settings': [
    'operators',
    'an operator, proved',
    'the names of resources, clients, trusted issuers and types of details by which the issuer works, and nothing secret. Nobody can write there',
  ],
}

/** Returns an issuer that has all endpoints. */
function createFull() {
  const provider = openidProvider({
    issuer: 'https://accounts.example.com',
    clientId: 'bulla',
    label: 'Accounts',
    responseMode: 'form_post',
    logout: 'provider',
  })
  return createIssuer({
    issuer: ISSUER,
    keyRing: undefined,
    guard: createMemoryGuard(),
    revocations: createMemoryRevocations('the salt of a list that nobody reads'),
    authenticate: loginProviders({ name: provider }),
    openid: {},
    resources: { [API]: { scopes: ['read'] } },
    clients: {
      app: {
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: ['https://app.example.com/'],
        resources: [API],
        scopes: ['read'],
      },
    },
    registration: { resources: [API], scopes: ['read'] },
    registrationKeys: 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k',
    log: () => {},
  })
}

/**
 * Returns the table of what is for some.
 *
 * @throws {RangeError} when a route is told nowhere, or what is told is no route
 */
async function tableFor(whom: string): Promise<string> {
  const issuer = createFull()
  const routes = [...new Set(issuer.routes.map(({ path }) => path.replace(/\/name$/, '/<name>')))].filter(
    (path) => !path.includes('*'),
  )
  const told = Object.keys(ENDPOINTS)
  const apart = [...routes.filter((path) => !told.includes(path)), ...told.filter((path) => !routes.includes(path))]
  if (apart.length > 0) throw new RangeError(`told otherwise than mounted: ${apart.join(', ')}`)
  const metadata: Readonly<Record<string, unknown>> = await (
    await issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)
  ).json()
  const rows = Object.entries(ENDPOINTS)
    .filter(([, [one]]) => one === whom)
    .map(async ([path, [, who, what]]) => {
      const refused = await issuer.request(ISSUER + path.replace('<name>', 'name'), { method: 'PATCH' })
      const methods = (refused.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD')
      const name = Object.keys(metadata).find((member) => metadata[member] === ISSUER + path)
      const called = name === undefined ? '' : `\`${name}\``
      return [`\`${path}\``, methods.map((method) => `\`${method}\``).join(', '), who, what, called]
    })
  return tableOf(['path', 'methods', 'who asks', 'what', 'in the metadata'], await Promise.all(rows))
}

/** The parts of the page of endpoints. */
export const ENDPOINT_PARTS = {
  'endpoints-for-apps': () => tableFor('apps'),
  'endpoints-for-apis': () => tableFor('apis'),
  'endpoints-for-people': () => tableFor('people'),
  'endpoints-for-operators': () => tableFor('operators'),
}
