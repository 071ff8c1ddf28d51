/** The app: it logs people in by oidc-client-ts, and asks the API as them. */
import {
  ErrorResponse,
  IndexedDbDPoPStore,
  InMemoryWebStorage,
  type User,
  UserManager,
  WebStorageStateStore,
} from 'oidc-client-ts'

const API = 'http://localhost:3000'
const manager = new UserManager({
  authority: 'http://localhost:8787',
  client_id: 'shop',
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid orders:read',
  // Tokens in memory alone: what lies in a storage, every script can take away. They are gone after a reload.
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  stateStore: new WebStorageStateStore({ store: sessionStorage }),
  // Tokens are bound to a key that no script can read out.
  dpop: { bind_authorization_code: true, store: new IndexedDbDPoPStore() },
  // By the refresh token, a minute before the access token ends.
  automaticSilentRenew: true,
  // What the access token is worth ends with it.
  revokeTokensOnSignout: true,
  revokeTokenTypes: ['refresh_token'],
})

const element = (id: string) => document.getElementById(id) as HTMLElement
const log = (line: string) => element('log').append(`${line}\n`)
const show = (user: User | null) => {
  element('person').textContent = user === null ? 'Nobody is logged in.' : `You are ${user.profile.sub}.`
}

/** Asks the API with what the app has; with nothing it is refused, which the API says in words. */
async function request(path: string, user: User | null): Promise<Response> {
  const url = `${API}${path}`
  if (user === null) return fetch(url)
  const proof = await manager.dpopProof(url, user, 'GET')
  return fetch(url, { headers: { authorization: `DPoP ${user.access_token}`, ...(proof && { dpop: proof }) } })
}

/** Renews; where that cannot be, because the approval or the session has ended, nobody is logged in any more. */
async function renew(): Promise<User | null> {
  try {
    return await manager.signinSilent()
  } catch (error) {
    if (!(error instanceof ErrorResponse)) throw error // the network: what there is may be good yet
    log(`${error.error}: log in again.`)
    await manager.removeUser()
    return null
  }
}

/** Asks; a token that the API takes no more is renewed on the way, once. */
async function ask(path: string): Promise<void> {
  const user = await manager.getUser()
  let response = await request(path, user)
  if (response.status === 401 && user !== null) {
    log('401: the token has ended; renewing.')
    const renewed = await renew()
    if (renewed === null) return
    response = await request(path, renewed)
  }
  const said = await response.json()
  log(response.ok ? JSON.stringify(said) : `${response.status}: ${said.error_description}`)
}

const press = (id: string, act: () => Promise<unknown>) =>
  element(id).addEventListener('click', () => void act().catch((error: Error) => log(error.message)))

press('log-in', () => manager.signinRedirect())
press('ask', () => ask('/orders/7'))
press('renew', async () => (await renew()) && log('Renewed.'))
press('log-out', () => manager.signoutRedirect())

manager.events.addUserLoaded(show)
manager.events.addUserUnloaded(() => show(null))
manager.events.addSilentRenewError((error) => log(`Renewal failed: ${error.message}`))

try {
  if (location.pathname === '/callback') await manager.signinRedirectCallback()
  else if (new URLSearchParams(location.search).has('state')) await manager.signoutRedirectCallback()
} catch (error) {
  log((error as Error).message)
}
history.replaceState(null, '', '/')
