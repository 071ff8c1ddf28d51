/**
 * What a page of the site may do: nothing but what it brings, from nowhere else.
 *
 * @module
 */

import { createHash } from 'node:crypto'

/** Returns the source expressions of the scripts that stand in a page itself. */
export function hashesOf(html: string, tag: 'script' | 'style'): readonly string[] {
  const texts = [...html.matchAll(new RegExp(`<${tag}(?![^>]*\\ssrc=)[^>]*>([\\s\\S]+?)</${tag}>`, 'g'))]
  return texts.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
}

/** Returns a page with its policy. Colours of code are attributes (`style`); no script makes elements of style. */
export function withPolicy(html: string): string {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${hashesOf(html, 'script').join(' ')}`,
    "style-src 'self'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html.replace('<head>', () => `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}">`)
}
