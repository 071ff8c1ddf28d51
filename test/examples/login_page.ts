import { importJWK, SignJWT } from 'jose'

/** Where logins are for. Known here: what stands in the page's own URL anybody can have written. */
const ISSUER = 'https://auth.example.com'

const key = await importJWK(JSON.parse(process.env['LOGIN_KEY'] ?? ''))

/** What a session of your own knows: who logged in, and when, in Unix seconds. */
interface Session {
  readonly sub: string
  readonly auth_time: number
}

/** Tells whether a session of your own will do, or the person must log in again. */
export function isEnough(url: string, { auth_time }: Session): boolean {
  const { searchParams } = new URL(url)
  if (searchParams.get('prompt') === 'login') return false
  const age = searchParams.get('max_age')
  return age === null || Date.now() / 1000 - auth_time <= Number(age)
}

/** Returns where the browser goes once you know who it is; `url` is that by which it came to your page. */
export async function goBack(url: string, { sub, auth_time }: Session): Promise<string> {
  const { searchParams } = new URL(url)
  const login = await new SignJWT({ nonce: searchParams.get('nonce'), auth_time })
    .setProtectedHeader({ alg: 'ES256', kid: '1', typ: 'login+jwt' })
    .setIssuer('https://www.example.com')
    .setAudience(ISSUER)
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(key)
  return `${ISSUER}/login/callback?${new URLSearchParams({ state: searchParams.get('state') ?? '', login })}`
}
