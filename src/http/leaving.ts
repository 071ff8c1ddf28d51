/**
 * What leaves the house: by a redirect, or by a page that navigates.
 *
 * @module
 */

import { leavingPage, type WayBack } from '../pages/leaving.ts'
import { toPageResponse } from '../pages/page.ts'
import type { View } from '../pages/view.ts'

/**
 * Takes a browser to an app; or shows the way there, where the person alone may go it.
 *
 * @param isAfterForm whether the browser has just sent a form of ours: Chromium holds the `form-action` of its page against
 * every redirect that follows, so only a page can navigate elsewhere then
 */
export async function answerLeaving(view: View, way: WayBack, isAfterForm: boolean): Promise<Response> {
  const isPage = way.form !== undefined || way.untold !== undefined || isAfterForm
  if (isPage) return toPageResponse(200, leavingPage(view, way))
  return new Response(null, { status: 303, headers: { Location: way.location } })
}
