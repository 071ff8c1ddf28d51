/**
 * Stands in for GitHub: its OAuth app's endpoints, and of its API what the example and a login need. Anybody is who they say. For
 * trying the example without an account, and for tests; it forgets all at its end.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

const {
  PORT = '8789',
  CLIENT_ID = 'stand-in',
  CLIENT_SECRET = 'stand-in-secret',
  CALLBACK = 'http://localhost:8787/login/callback/github',
  EXPIRES_IN, // seconds, as with a GitHub App whose user tokens expire; nothing for an OAuth app, whose tokens do not
} = process.env

/** Who said yes to which scopes; which codes and tokens there are. */
const allowed = new Map()
const codes = new Map()
const access = new Map()
const refresh = new Map()

const now = () => Date.now() / 1000
const random = (prefix) => prefix + randomBytes(18).toString('hex')
const idOf = (login) => Number.parseInt(createHash('sha256').update(login).digest('hex').slice(0, 7), 16)
const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

const reposOf = (login) => [
  { full_name: `${login}/garden`, private: false },
  { full_name: `${login}/diary`, private: true },
]

const answer = (status, body, headers = {}) => ({ status, headers, body })
const json = (status, body) => answer(status, JSON.stringify(body), { 'content-type': 'application/json' })
const page = (status, body) =>
  answer(status, `<!doctype html><meta charset="utf-8"><title>Stand-in for GitHub</title>${body}`, {
    'content-type': 'text/html; charset=utf-8',
  })

/** Sends the browser back, as GitHub does: with a code, or an error. */
function goBack(query, answered, cookie) {
  const url = new URL(CALLBACK)
  for (const [name, value] of Object.entries({ ...answered, state: query.get('state') ?? '' }))
    url.searchParams.set(name, value)
  return answer(302, '', { location: url.href, ...(cookie && { 'set-cookie': cookie }) })
}

/** `GET` and `POST /login/oauth/authorize`: who has said yes before goes back without a page. */
function authorize({ query, form, cookie }) {
  if (query.get('client_id') !== CLIENT_ID) return page(404, '<h1>404</h1><p>No app has this client_id.</p>')
  if ((query.get('redirect_uri') ?? CALLBACK) !== CALLBACK)
    return goBack(query, { error: 'redirect_uri_mismatch', error_description: 'Not the callback URL of this app.' })
  if (form.get('decision') === 'cancel') return goBack(query, { error: 'access_denied' })
  const asked = (query.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)
  const login = form.get('login')?.trim() || (query.get('prompt') ? undefined : cookie)
  const isAllowed = login !== undefined && asked.every((scope) => allowed.get(login)?.has(scope))
  if (login === undefined || !(isAllowed || form.get('decision') === 'allow'))
    return page(
      200,
      `<h1>Stand-in for GitHub</h1><p>An app asks for: <code>${escaped(asked.join(' ')) || 'nothing'}</code></p>
<form method="post"><p><label>Username <input type="text" name="login" value="${escaped(query.get('login') ?? cookie ?? '')}" required></label></p>
<button name="decision" value="allow">Authorize</button> <button name="decision" value="cancel" formnovalidate>Cancel</button></form>`,
    )
  allowed.set(login, new Set([...(allowed.get(login) ?? []), ...asked]))
  const code = randomBytes(10).toString('hex')
  codes.set(code, { login, scope: asked, challenge: query.get('code_challenge') ?? undefined })
  return goBack(query, { code }, `stand-in-github=${encodeURIComponent(login)}; Path=/; HttpOnly; SameSite=Lax`)
}

/** Gives tokens; a refresh token is used up by it, as a GitHub App's is. */
function give(login, scope) {
  const told = { access_token: random('gho_'), token_type: 'bearer', scope: scope.join(',') }
  if (EXPIRES_IN === undefined) {
    access.set(told.access_token, { login, scope })
    return told
  }
  const refreshed = random('ghr_')
  access.set(told.access_token, { login, scope, until: now() + Number(EXPIRES_IN) })
  refresh.set(refreshed, { login, scope })
  return {
    ...told,
    expires_in: Number(EXPIRES_IN),
    refresh_token: refreshed,
    refresh_token_expires_in: 15_897_600,
  }
}

/** `POST /login/oauth/access_token`: says 200 to everything, and a form unless JSON is asked for; as GitHub does. */
function token({ form, headers }) {
  const tell = (told) =>
    headers.accept?.includes('json')
      ? json(200, told)
      : answer(200, String(new URLSearchParams(told)), { 'content-type': 'application/x-www-form-urlencoded' })
  if (form.get('client_id') !== CLIENT_ID || form.get('client_secret') !== CLIENT_SECRET)
    return tell({ error: 'incorrect_client_credentials' })
  if (form.get('grant_type') === 'refresh_token') {
    const kept = refresh.get(form.get('refresh_token'))
    refresh.delete(form.get('refresh_token'))
    return tell(kept ? give(kept.login, kept.scope) : { error: 'bad_refresh_token' })
  }
  const kept = codes.get(form.get('code'))
  codes.delete(form.get('code'))
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  if (!kept || (kept.challenge && kept.challenge !== challenge)) return tell({ error: 'bad_verification_code' })
  return tell(give(kept.login, kept.scope))
}

/** `DELETE /applications/<id>/token` and `/grant`: ends one token, or all that a person gave the app. */
function end(path, { headers, text }) {
  if (headers.authorization !== `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`) return json(401, {})
  const { access_token } = JSON.parse(text)
  const ended = access.get(access_token)
  if (ended === undefined) return json(404, { message: 'Not Found' })
  access.delete(access_token)
  if (path.endsWith('/token')) return answer(204, '')
  for (const tokens of [access, refresh])
    for (const [one, { login }] of tokens) if (login === ended.login) tokens.delete(one)
  allowed.delete(ended.login)
  return answer(204, '')
}

/** The API, at `/api`: it wants a name of whoever asks, as GitHub's does. */
function api(path, { headers }) {
  if (!headers['user-agent']) return json(403, { message: 'Request forbidden by administrative rules.' })
  const kept = access.get(/^(?:bearer|token) (\S+)$/i.exec(headers.authorization ?? '')?.[1])
  if (kept === undefined || kept.until < now()) return json(401, { message: 'Bad credentials' })
  const { login, scope } = kept
  const may = (...scopes) => scopes.some((one) => scope.includes(one))
  if (path === '/user') return json(200, { id: idOf(login), login, name: null, email: null, avatar_url: null })
  if (path === '/user/repos')
    return json(
      200,
      reposOf(login).filter((repo) => may('repo') || !repo.private),
    )
  if (path === '/user/emails' && may('user', 'user:email'))
    return json(200, [
      { email: `${login}@old.example`, primary: false, verified: false },
      { email: `${login}@people.example`, primary: true, verified: true },
    ])
  return json(404, { message: 'Not Found' })
}

function route(method, path, request) {
  if (path === '/login/oauth/authorize' && ['GET', 'POST'].includes(method)) return authorize(request)
  if (path === '/login/oauth/access_token' && method === 'POST') return token(request)
  if (path.startsWith(`/api/applications/${CLIENT_ID}/`) && method === 'DELETE') return end(path, request)
  if (path.startsWith('/api/') && method === 'GET') return api(path.slice('/api'.length), request)
  return page(404, '<h1>404</h1>')
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams: query } = new URL(request.url, 'http://localhost')
  const text = Buffer.concat(await request.toArray()).toString()
  const kept = /(?:^|; )stand-in-github=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]
  const cookie = kept && decodeURIComponent(kept)
  const { headers, method } = request
  const answered = route(method, pathname, { query, form: new URLSearchParams(text), text, cookie, headers })
  // Neither queries nor tokens.
  console.log(`${method} ${pathname} ${answered.status}`)
  response.writeHead(answered.status, { 'cache-control': 'no-store', ...answered.headers }).end(answered.body)
})
server.listen(Number(PORT), 'localhost', () => console.log(`GitHub's stand-in is at http://localhost:${PORT}.`))
