/**
 * The URL of a request as a proof names it: without query and fragment, in one spelling (RFC 9449 §4.3, RFC 3986 §6.2.2,
 * §6.2.3).
 *
 * @module
 */

/** Visible ASCII characters without the backslash, and one that is no slash where the host begins. */
const URI = /^https?:\/\/(?!\/)[\x21-\x5b\x5d-\x7e]+$/i

/** Upper case for what is percent-encoded; and nothing encoded that need not be (RFC 3986 §6.2.2.1, §6.2.2.2). */
function normalizeEncoding(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
}

/**
 * Returns an http(s) URL without query and fragment, in the spelling that all its equals have; nothing when it is none, or
 * names a user.
 *
 * Scheme and host are in lower case, the scheme's own port is left out, dot segments are resolved, an empty path is `/`.
 * What a slash, a case or an encoded reserved character in the path means is the server's to say: those stay as they are.
 */
export function normalizeUri(url: string): string | undefined {
  const bare = url.replace(/[?#].*$/s, '')
  // Checked before it is parsed: URL would drop white space and turn backslashes round.
  if (!URI.test(bare) || !URL.canParse(bare)) return undefined
  const { protocol, username, password, host, pathname } = new URL(bare)
  const path = normalizeEncoding(pathname)
  if (username + password !== '' || path === undefined) return undefined
  return `${protocol}//${host}${path}`
}

/** Tells whether two http(s) URLs name the same place, whatever their queries and fragments. */
export function isSameUri(a: string, b: string): boolean {
  const normal = normalizeUri(a)
  return normal !== undefined && normal === normalizeUri(b)
}

/** Returns the path of an http(s) URL as it is written. */
function pathOf(url: string): string {
  return /^https?:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] || '/'
}

/**
 * Tells whether `htu` names the URL of a request: in the very text of its path, or in the normal spelling of what `htu` says.
 * In a third one the request may have reached another handler: routers compare texts.
 */
export function isNamedBy(htu: string, url: string): boolean {
  const path = pathOf(url)
  return isSameUri(htu, url) && [htu, normalizeUri(htu) ?? htu].some((named) => path === pathOf(named))
}
