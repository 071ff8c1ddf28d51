/**
 * The folders whose code is mutated, and the tests that concern each: fast ones, of Node alone, that start no process.
 *
 * @module
 */

/** Folders, and globs of their tests. */
export const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  keys: ['test/keys/*.test.ts', 'test/vectors/v1.test.ts'],
  'src/jose': ['test/jose/*.test.ts', 'test/vectors/third_party.test.ts'],
  'src/token': ['test/token/*.test.ts', 'test/vectors/v1.test.ts'],
  'src/grants': ['test/grants/*.test.ts'],
  'src/protocol': ['test/protocol/*.test.ts'],
  'src/verifier': ['test/verifier/**/*.test.ts'],
}
