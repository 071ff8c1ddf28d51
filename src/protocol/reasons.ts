/**
 * Why something was refused, in one word that programs can read: a closed list, the same in events and in the log.
 *
 * @module
 */

/** Each reason, and what it means. `npm run reference` lists them for operators, in docs/reference/events.md. */
export const REASONS = {
  // The request.
  malformed: 'a parameter is missing, malformed, repeated, or contradicts another',
  too_long: 'it, or what would be sealed of it, is longer than it may be',
  redirect_uri: 'the redirect URI is not one of the client, or another than the code was sent to',
  response_type: 'the response type or mode is not given here',
  request_object: 'the request object is not taken, or not good',
  request_uri: 'the request URI is none of ours, or does not open',
  request_uri_ended: 'the request URI has expired, or led to a code before',
  not_pushed: 'the client must push its requests',
  pkce: 'the code challenge is missing or malformed, or the verifier does not fit it',
  scope: 'the scope is malformed, unknown, or more than may be had',
  target: 'the resource is not open to the client, not meant by the approval, or not just one',
  details: 'an authorization detail is malformed, unknown, or more than may be had',
  id_token_hint: 'the ID token of the hint is none of ours, or of another client',

  // Its client.
  unknown_client: 'nobody is known by this client_id',
  wrong_secret: 'the client did not show its secret, or another',
  wrong_method: 'the client is registered for another way to prove itself',
  certificate: 'the client showed no certificate, or one that is not its own or not trusted',
  client_metadata: 'what a client says of itself, in its registration or its document, is not taken',
  client_kind: 'it is for clients of another kind: confidential ones, resource servers, operators',
  grant_type: 'the grant type is unknown, or not for this client',
  other_client: 'it was given to another client, or is about one',

  // Assertions.
  assertion_malformed: 'the assertion is none, or lacks what it needs',
  assertion_signature: 'the assertion is not signed by a key of who it says made it',
  assertion_audience: 'the assertion is of another issuer, or for somebody else',
  assertion_expired: 'the assertion has expired, is from the future, or lives too long',
  assertion_replayed: 'the assertion was used before',
  unknown_issuer: 'the assertion is of nobody who is trusted',
  not_admitted: 'no rule of trust or of exchange admits it for this client',

  // Proofs of keys.
  dpop_missing: 'the DPoP proof is missing',
  dpop_proof: 'the DPoP proof is malformed, or for another request',
  dpop_time: 'the DPoP proof is not of now: the clock of the client differs',
  dpop_nonce: 'the DPoP proof lacks the nonce, and the client was told it',
  dpop_replayed: 'the DPoP proof was used before',
  wrong_key: 'it is bound to a key that the request does not prove',

  // What was given before.
  code_unopened: 'the code is none of ours, was changed, or its root is gone',
  code_expired: 'the code has expired',
  code_replayed: 'the code was used before: all that came of it has ended',
  refresh_unopened: 'the refresh token is none of ours, was changed, or its root is gone',
  refresh_expired: 'the refresh token has expired',
  refresh_reused: 'an old refresh token, or another key: its family has ended',
  refresh_exhausted: 'an old refresh token came too often in its grace: nothing has ended',
  token_missing: 'there is no access token where it is to be, or more than one',
  token_unopened: 'the access token does not open here, or has expired',
  grant_ended: 'what it came of has ended, by time, a logout or a revocation',
  device_pending: 'nobody has answered the device yet',
  device_early: 'the device asked again too early',
  not_revocable: 'it cannot be revoked, or is already',
  unknown_value: 'the operator revokes what no setting and no ring knows',
  unknown_resource: 'nobody knows the resource',
  provider_tokens: 'no token of a provider is kept for it, or it has ended there',
  provider_scope: 'the provider gave less scope than the resource needs',

  // People.
  person_denied: 'the person said no',
  login_required: 'somebody has to log in, and nobody may be asked',
  consent_required: 'somebody has to consent, and nobody may be asked',
  login_age: 'the login is older than was asked for, or nothing proves its age',
  acr: 'the login is not of a context that the client needs',
  wrong_person: 'somebody else logged in than the client wants to see',
  nobody_logged_in: 'whoever logs people in named nobody',
  person_unfit: 'what was said of the person is malformed, or too much to be kept',
  user_code: 'no device shows this code, or its time is over',
  stale: 'the login or the page is over, was used, or does not open',
  foreign_login: 'the login was begun in another browser, or this one keeps no cookies',
  foreign_form: 'the form was not sent from here, or not in this session',

  // Whoever logs people in.
  unknown_provider: 'no such provider, or none was chosen',
  provider_denied: 'the provider let nobody in, or its code is not good any more',
  provider_refused: 'the provider does not take this issuer, its secret or its settings',
  provider_answer: 'what the provider answered is not what it must be',
  provider_down: 'the provider does not answer',

  // What the issuer needs.
  limited: 'too many came from there',
  guard_down: 'the guard did not answer',
  revocations_down: 'the list of revocations did not answer',
  revocations_full: 'the list of revocations takes no more',
  profile_down: 'the profile of people did not answer, or not well',
  remote_down: 'keys, or the document of a client, cannot be fetched',
  ring_down: 'the ring cannot be used now',
  no_key: 'there is no key that it could be signed with, or encrypted to',
  no_guard: 'there is no guard or no list that could remember it',

  // What is wrong with a store.
  late: 'no answer in 1.5 seconds, or what was asked came too late and was not done',
  connection: 'nobody knows whether the store heard',
  refused_by_server: 'the store said no: password, rights, an older version',
  memory_full: 'the store has no room, and forgets nothing for it',
  readonly_replica: 'the store is a copy that takes nothing',
  schema: 'the tables of the store are missing',
  contention: 'too many want the same at once',
  settings: 'the store is not set up so that nothing is forgotten',
  clock: 'clocks differ by more than they may',

  // Settings that come sealed.
  settings_unread: 'the sealed settings are not there, or cannot be read',
  settings_unopened: 'the sealed settings are none of this issuer, or their root is gone',
  settings_older: 'the sealed settings have a lower number than some before them',
  settings_reused: 'other sealed settings have the same number',
  settings_invalid: 'the issuer would not start with these settings',

  // All else.
  own: 'code of the operator’s own said no, and no more',
  unexpected: 'a fault of ours: the log says where',
} as const

/** Why something was refused. */
export type Reason = keyof typeof REASONS
