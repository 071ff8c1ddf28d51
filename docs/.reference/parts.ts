/**
 * What makes each generated part of a page, by the name that the page calls it.
 *
 * @module
 */

import type { Parts } from './pages.ts'
import { reasons } from './reasons.ts'
import { SETTINGS } from './settings.ts'

/** A page says `<!-- generated: NAME -->`, and `<!-- end -->` where it ends. */
export const PARTS: Parts = { reasons, ...SETTINGS }
