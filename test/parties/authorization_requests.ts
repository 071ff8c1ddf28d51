/**
 * Authorization requests that are wrong, for every door that takes one.
 *
 * @module
 */

import { API2 } from '../fixtures.ts'
import { authorizeUrl } from './person.ts'

/** Phase 1: a page, never a redirect. */
export const PAGES: readonly (readonly [string, string])[] = [
  ['an unknown client (C06)', authorizeUrl({ client_id: 'unknown' })],
  ['a client named as a prototype', authorizeUrl({ client_id: '__proto__' })],
  ['no client', authorizeUrl({ client_id: undefined })],
  ['client_id twice', `${authorizeUrl()}&client_id=pub`],
  ['no redirect URI', authorizeUrl({ redirect_uri: undefined })],
  ['an empty redirect URI', authorizeUrl({ redirect_uri: '' })],
  ['a foreign redirect URI (C06)', authorizeUrl({ redirect_uri: 'https://evil.example/cb' })],
  ["another client's redirect URI", authorizeUrl({ redirect_uri: 'https://web.example/cb' })],
  ['a relative redirect URI', authorizeUrl({ redirect_uri: '/cb' })],
  ['redirect_uri twice', `${authorizeUrl()}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb`],
  [
    'a foreign redirect URI and an unknown response type (C20)',
    authorizeUrl({ redirect_uri: 'https://evil.example/cb', response_type: 'bogus' }),
  ],
  [
    'a foreign redirect URI and an unknown scope (C20)',
    authorizeUrl({ redirect_uri: 'https://evil.example/cb', scope: 'bogus' }),
  ],
  [
    'a foreign redirect URI and state twice (C20)',
    `${authorizeUrl({ redirect_uri: 'https://evil.example/cb' })}&state=2`,
  ],
  [
    'a foreign redirect URI and a request object (C20)',
    authorizeUrl({ redirect_uri: 'https://evil.example/cb', request: 'x' }),
  ],
  ['a foreign redirect URI and prompt=none', authorizeUrl({ redirect_uri: 'https://evil.example/cb', prompt: 'none' })],
  ['a NUL', authorizeUrl({ scope: 'read\0' })],
  ['bytes that are not UTF-8', `${authorizeUrl()}&x=%ff`],
  ['markup as client (C22)', authorizeUrl({ client_id: '"><script>alert(1)</script>' })],
]

/** Phase 2: the error goes to the client. */
export const ERRORS: readonly (readonly [string, string, string])[] = [
  ['no response type', authorizeUrl({ response_type: undefined }), 'invalid_request'],
  ['response type token (H69)', authorizeUrl({ response_type: 'token' }), 'unsupported_response_type'],
  ['response type id_token (H69)', authorizeUrl({ response_type: 'id_token' }), 'unsupported_response_type'],
  ['response type code token (H69)', authorizeUrl({ response_type: 'code token' }), 'unsupported_response_type'],
  ['response type CODE', authorizeUrl({ response_type: 'CODE' }), 'unsupported_response_type'],
  ['response type twice (H57)', `${authorizeUrl()}&response_type=code`, 'invalid_request'],
  ['scope twice (H57)', `${authorizeUrl()}&scope=read`, 'invalid_request'],
  ['an unknown parameter twice (H57)', `${authorizeUrl()}&foo=1&foo=2`, 'invalid_request'],
  ['response mode fragment (M26)', authorizeUrl({ response_mode: 'fragment' }), 'invalid_request'],
  ['response mode web_message (M26)', authorizeUrl({ response_mode: 'web_message' }), 'invalid_request'],
  ['a request object (M27)', authorizeUrl({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported'],
  ['an unknown scope', authorizeUrl({ scope: 'bogus' }), 'invalid_scope'],
  ['more scope than the client may have (H30)', authorizeUrl({ scope: 'read admin' }), 'invalid_scope'],
  ['a malformed scope', authorizeUrl({ scope: 'read  write' }), 'invalid_scope'],
  ['an unknown resource (H29)', authorizeUrl({ resource: 'https://unknown.example' }), 'invalid_target'],
  ['a relative resource (H29)', authorizeUrl({ resource: '/api' }), 'invalid_target'],
  ["another client's resource (H29)", authorizeUrl({ resource: API2 }), 'invalid_target'],
  ['prompt=none with nobody logged in (M28)', authorizeUrl({ prompt: 'none' }), 'login_required'],
  ['prompt=none login', authorizeUrl({ prompt: 'none login' }), 'invalid_request'],
  ['an unknown prompt', authorizeUrl({ prompt: 'register' }), 'invalid_request'],
  ['a max_age that is no number', authorizeUrl({ max_age: '-1' }), 'invalid_request'],
]
