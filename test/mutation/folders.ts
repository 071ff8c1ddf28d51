/**
 * The folders whose code is mutated, and the tests that concern each: fast ones, of Node alone, that start no process.
 *
 * @module
 */

/** Folders, and globs of their tests. */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  keys: ['test/keys/*.test.ts', 'test/vectors/v1.test.ts'],
  'src/jose': ['test/jose/*.test.ts', 'test/vectors/third_party.test.ts'],
  'src/token': [
    'test/token/*.test.ts',
    'test/vectors/{v1,third_party}.test.ts',
    'test/rfc/tokens/{rfc7662,rfc9068}.test.ts',
    'test/authentication/dpop.test.ts',
    'test/issuing/{branches,pairwise}.test.ts',
    'test/endpoints/{revoke,revocations,signed_introspection}.test.ts',
    'test/grants/{kept_tokens,kept_from_login}.test.ts',
    'test/authorization/homes.test.ts',
    'test/verifier/{dpop,nested,revoked_tokens}.test.ts',
    'test/openid/{confusion,kept_claims}.test.ts',
  ],
  'src/grants': [
    // Not those that show a provider's tokens by whole requests: what each module says, the file of its name asks for.
    'test/grants/!(provider_refreshes|provider_canary|provider_token_*|ends_at_providers|kept_from_login|one_round_trip).test.ts',
  ],
  'src/protocol': ['test/protocol/*.test.ts'],
  'src/verifier': [
    // Not those with a thousand forgeries: each is of a second way to say no, which the others ask for once.
    'test/verifier/!(forgery|bursts).test.ts',
    'test/verifier/{keys,frameworks}/*.test.ts',
    'test/examples/{browsers_and_agents,requests,middlewares}.test.ts',
    'test/rfc/{rfc6750,rfc9728}.test.ts',
    'test/rfc/tokens/rfc9068.test.ts',
    'test/authentication/dpop.test.ts',
    'test/settings/senseless_settings.test.ts',
  ],
}
