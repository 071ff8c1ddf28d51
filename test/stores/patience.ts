/**
 * How guards are asked in a race: on a slow machine what many ask at once can come too late.
 *
 * @module
 */

import { StoreError } from '../../src/stores/store_error.ts'

/** Asks again where it came too late: nothing was done then, and a hundred at once may be too many for a slow machine. */
export async function patiently<Answer>(ask: () => Promise<Answer>, tries = 5): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (tries > 1 && error instanceof StoreError && error.reason === 'late') return patiently(ask, tries - 1)
    throw error
  }
}
