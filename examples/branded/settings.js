/** The issuer's settings: who logs people in, and what the pages have of Acme's. Its ring is as good as the process. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createMemoryGuard, createMemoryRevocations, readBindings } from 'bulla'
import { createRing, writeRing } from 'bulla/keys'

export const ISSUER = 'http://localhost:8787'
export const STAND_IN = 'http://localhost:8789'

/** The picture itself, so that no page loads anything. */
const logo = `data:image/svg+xml;base64,${readFileSync(new URL('logo.svg', import.meta.url), 'base64')}`

export const BRANDING = {
  name: 'Acme',
  logo,
  accent: '#005a9c', // a colour that cannot be read on the page is refused, when this starts
  terms: 'https://acme.example/terms',
  privacy: 'https://acme.example/privacy',
  support: 'help@acme.example',
  // Acme's own words, in two languages; all others are the package's.
  words: {
    en: { 'consent.title': '{app} asks for your {owner} account', 'consent.deny': 'Not now' },
    de: { 'consent.title': '{app} bittet um Ihr Konto bei {owner}', 'consent.deny': 'Jetzt nicht' },
  },
}

/** Of your app at GitHub; without it people log in at the stand-in. */
const { CLIENT_ID, CLIENT_SECRET } = process.env

const standIn = {
  client_id: 'stand-in',
  authorization_endpoint: `${STAND_IN}/authorize`,
  token_endpoint: `${STAND_IN}/token`,
  userinfo_endpoint: `${STAND_IN}/user`,
  emails_endpoint: `${STAND_IN}/emails`,
  revocation_endpoint: `${STAND_IN}/applications/{client_id}/token`,
}

export const settings = {
  ...readBindings({
    ISSUER,
    BRANDING,
    DEVELOPMENT: 'true', // the start page and its app, to press the button
    KEY_RING: writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: randomBytes(32) })),
    REGISTRATION_KEYS: randomBytes(32).toString('base64url'),
    LOGIN: { github: { provider: 'github', ...(CLIENT_ID ? { client_id: CLIENT_ID } : standIn) } },
    LOGIN_CLIENT_SECRET_GITHUB: CLIENT_ID ? CLIENT_SECRET : 'stand-in-secret',
    EVENTS: 'none',
  }),
  guard: createMemoryGuard(),
  revocations: createMemoryRevocations(crypto.randomUUID()),
}
