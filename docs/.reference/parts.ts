/**
 * What makes each generated part of a page, by the name that the page calls it.
 *
 * @module
 */

import { CLIENT_PARTS } from './clients.ts'
import { calls, options } from './command.ts'
import { ENDPOINT_PARTS } from './endpoints.ts'
import { ERROR_PARTS } from './errors.ts'
import { EVENT_PARTS } from './events.ts'
import type { Parts } from './pages.ts'
import { SETTINGS } from './settings.ts'

/** A page says `<!-- generated: NAME -->`, and `<!-- end -->` where it ends. */
export const PARTS: Parts = {
  ...SETTINGS,
  ...ENDPOINT_PARTS,
  ...ERROR_PARTS,
  ...EVENT_PARTS,
  ...CLIENT_PARTS,
  calls,
  options,
}
