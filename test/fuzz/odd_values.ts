/**
 * Values of every wrong type.
 *
 * @module
 */

import { ISSUER, NOW } from '../fixtures.ts'

/** Values that no claim is meant to have, or not of that type. */
export const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  '',
  '\0',
  '\u202e\u200b',
  'x'.repeat(3000),
  [],
  [null],
  [[]],
  ['a', 'a'],
  {},
  { toString: 1, valueOf: 1, toJSON: 1 },
  [{ toString: 1 }],
  { length: 1, 0: 'a' },
  '__proto__',
  'constructor',
  NOW,
  [ISSUER],
]
