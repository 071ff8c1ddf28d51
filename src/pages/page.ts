/**
 * What all pages have in common: their frame, and the headers that keep them to themselves (security: no frame, nothing from
 * elsewhere, and no script but the one that posts an answer to its app).
 *
 * @module
 */

import { html, raw } from 'hono/html'
import { picturesOf, styleOf } from './branding.ts'
import { brandLine, footLine } from './own.ts'
import { STYLE } from './style.ts'
import { onlyOnce, type View } from './view.ts'
import type { Html } from './words/words.ts'

/** A page before its frame. */
export interface Page {
  /** Whose it is, and in which language. */
  readonly view: View
  /** What it is, in a few words. */
  readonly title: string
  readonly body: Html
  /** Whether it needs the width of a screen. */
  readonly isWide?: boolean
  /** Where the browser goes by itself, at once. */
  readonly goesTo?: string
  /**
   * When its form is posted to another site. Its policy says nothing of forms then, for that would hold for the redirects of that
   * site too; and the site is told our origin, so that the form has one. Default: never.
   */
  readonly postsAway?: 'by itself' | 'when it is pressed'
  /**
   * Whether redirects may lead to other sites after its form, to a provider or an app: Chromium holds `form-action` against
   * each of them. For pages of development alone. Default false.
   */
  readonly leadsAway?: boolean
}

/** Posts the form of a page: the one script that there is. */
const POST = 'document.forms[0].submit()'

/** Its SHA-256, by which the policy of a page knows it (CSP level 3 §2.3.1). */
const POST_HASH = 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='

/** Returns a page in its frame. */
function frame({ view, title, body, isWide = false, goesTo, postsAway }: Page, nonce: string): Html {
  return html`<!doctype html>
<html lang="${view.language}" dir="${view.words.frame.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
${goesTo === undefined ? '' : html`<meta http-equiv="refresh" content="0;url=${goesTo}">`}
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(STYLE + styleOf(view.branding))}</style>
</head>
<body>
${view.isDevelopment ? html`<header class="band">${view.words.frame.development}</header>` : ''}
<main class="${isWide ? 'wide' : 'narrow'}">
${brandLine(view)}
<div class="card">
${body}
</div>
${footLine(goesTo === undefined && postsAway !== 'by itself' ? view : onlyOnce(view))}
</main>
${postsAway === 'by itself' ? html`<script>${raw(POST)}</script>` : ''}
</body>
</html>
`
}

/** Returns the policy of a page: its own style, its own forms, and nothing else (CSP level 3). */
function policyOf(nonce: string, { view, goesTo, leadsAway = false, postsAway }: Page): string {
  const forms = goesTo !== undefined ? "'none'" : leadsAway ? "'self' https: http:" : "'self'"
  const script = postsAway === 'by itself' ? `; script-src '${POST_HASH}'` : ''
  const rest = postsAway === undefined ? `; form-action ${forms}` : script
  return `default-src 'none'; style-src 'nonce-${nonce}'; img-src ${picturesOf(view.branding)}; base-uri 'none'; frame-ancestors 'none'${rest}`
}

/** Returns whom a page tells where it is: a form has an origin only then. Whatever was put in is escaped: a form is one of ours. */
function referrersOf(text: string, { postsAway }: Page): string {
  if (postsAway !== undefined) return 'origin'
  return text.includes('<form') ? 'same-origin' : 'no-referrer'
}

/**
 * Returns a page as a response that nobody keeps, frames, or learns an address from. Nobody but us: a page that sends no
 * referrer at all sends its forms with the `Origin` `null`, and older browsers tell nothing else of where a form comes from.
 */
export async function toPageResponse(
  status: number,
  page: Page,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))
  const text = String(await frame(page, nonce))
  return new Response(text, {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': page.view.language,
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Content-Security-Policy': policyOf(nonce, page),
      'Referrer-Policy': referrersOf(text, page),
      'X-Robots-Tag': 'noindex',
      ...headers,
    },
  })
}
