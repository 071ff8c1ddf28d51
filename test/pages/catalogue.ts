/**
 * Every page that a person can meet, with what it shows at its fullest.
 *
 * @module
 */

import { appsPage, endedPage, notLoggedInPage } from '../../src/pages/apps.ts'
import type { ShownResource } from '../../src/pages/asked.ts'
import { chooseProviderPage } from '../../src/pages/choose_provider.ts'
import { type Consent, consentPage } from '../../src/pages/consent.ts'
import { demoTokenPage } from '../../src/pages/demo.ts'
import { developmentLoginPage } from '../../src/pages/development_login.ts'
import { deviceAnsweredPage, deviceCodePage, deviceOverPage, tooManyCodesPage } from '../../src/pages/device.ts'
import { errorPage } from '../../src/pages/error.ts'
import { leavingPage } from '../../src/pages/leaving.ts'
import { goingToProviderPage, loggedOutPage, logoutPage } from '../../src/pages/logout.ts'
import type { Page } from '../../src/pages/page.ts'
import { answeredPage, askingAnewPage, switchingPage } from '../../src/pages/question_over.ts'
import { demoPage, startPage } from '../../src/pages/start.ts'
import { createView, onlyOnce, type View } from '../../src/pages/view.ts'
import { fillText, writeSpan } from '../../src/pages/words/words.ts'

/** A picture as an operator has it: a blue square. */
const LOGO =
  'data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCAzMiAzMiI+PHJlY3Qgd2lkdGg9IjMyIiBoZWlnaHQ9IjMyIiByeD0iNyIgZmlsbD0iIzAwNWE5YyIvPjxwYXRoIGQ9Ik05IDIzTDE2IDhsNyAxNW0tMTEtNWg4IiBmaWxsPSJub25lIiBzdHJva2U9IiNmZmYiIHN0cm9rZS13aWR0aD0iMyIvPjwvc3ZnPg=='

/** Returns a view of an operator who says everything, in a language. */
export function ownView(language = 'en', changes: Partial<View> = {}): View {
  const view = createView({
    issuer: 'https://auth.acme.example',
    branding: {
      name: 'Acme',
      logo: LOGO,
      accent: { light: '#005a9c', dark: '#73b9ee' },
      terms: 'https://acme.example/terms',
      privacy: 'https://acme.example/privacy',
      support: 'mailto:help@acme.example',
    },
    isDevelopment: false,
    requestId: 'req_4f3c',
    uiLocales: language,
    acceptLanguage: undefined,
    inLanguage: 'https://auth.acme.example/authorize?bulla_language=',
  })
  return { ...view, ...changes }
}

/** Returns a view of an operator who says nothing, on a developer's machine. */
export function plainView(language = 'en'): View {
  return ownView(language, { issuer: 'http://localhost:8787', branding: {}, isDevelopment: true })
}

const ORDERS: ShownResource = {
  name: 'Orders',
  uri: 'https://api.acme.example',
  scopes: [
    { token: 'orders:read', words: 'See your orders', isReadOnly: true },
    { token: 'invoices:read', words: 'See your invoices', isReadOnly: true },
    { token: 'orders:write', words: 'Place orders and cancel them', isReadOnly: false },
    { token: 'returns', words: undefined, isReadOnly: false },
  ],
  details: [],
  handOver: undefined,
}

const CONSENT: Consent = {
  consent: 'sealed',
  clientName: 'Acme Desk',
  clientHost: 'desk.example',
  destination: 'desk.example',
  isOnDevice: false,
  walkIn: undefined,
  about: [],
  resources: [ORDERS],
  account: 'alice@acme.example',
  lifetime: '30 days, or until you log out',
}

const LONG: Consent = {
  ...CONSENT,
  clientName: 'editor.example',
  clientHost: undefined,
  isOnDevice: true,
  destination: 'an app on this device',
  walkIn: { place: undefined, publisher: 'editor.example', isNamed: true },
  resources: [
    {
      ...ORDERS,
      scopes: Array.from({ length: 12 }, (_, at) => ({
        token: `area${at}:read`,
        words: `See what stands in area ${at}`,
        isReadOnly: false,
      })),
      details: [
        {
          name: 'Transfer money',
          which: undefined,
          description: 'One transfer from your account.',
          facts: [
            {
              label: 'To',
              values: [
                { text: 'Bäckerei Müller', isOurs: false },
                { text: 'מאפייה', isOurs: false },
              ],
            },
            { label: 'Amount', facts: [{ label: 'Value', values: [{ text: '1234.50', isOurs: false }] }] },
            { label: 'Note', values: [{ text: 'empty', isOurs: true }] },
          ],
          elsewhere: ['Billing'],
        },
      ],
      handOver: { at: 'GitHub', what: [{ words: 'read your profile' }, { token: 'repo' }] },
    },
  ],
}

/** Returns all pages by their names, with what an app is called there. */
export function catalogueOf(view: View, app = 'Acme Desk'): Readonly<Record<string, Page>> {
  const back = { clientName: app, location: 'https://desk.example/cb?error=access_denied' }
  const consentOf = (changes: Partial<Consent> = {}) =>
    consentPage(view, {
      ...CONSENT,
      clientName: app,
      about: [view.words.consent.knowYou, view.words.consent.goOnOffline],
      lifetime: fillText(view.words.consent.untilLogout, { span: writeSpan(view.words, 2_592_000) }),
      ...changes,
    })
  const { failed, refused } = view.words
  // What comes of a form, and what is nowhere, cannot be asked for again in another language.
  const once = onlyOnce(view)
  return {
    start: startPage(view, 'https://auth.acme.example/.well-known/oauth-authorization-server'),
    demo: demoPage(view, 'https://auth.acme.example/.well-known/oauth-authorization-server', true),
    demo_token: demoTokenPage(view, {
      token: 'eyJhbGciOiJkaXIifQ..aXY.c2VhbGVk.dGFn',
      expiresIn: 600,
      hasRefreshToken: true,
      claims: { iss: 'https://auth.acme.example', sub: 'alice', scope: 'orders:read' },
      idToken: { token: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', alg: 'ES256', claims: { sub: 'alice' } },
      kid: 'r1.20780',
      period: '30 November 2026',
      leafEndsIn: 3600,
    }),
    login: chooseProviderPage(view, {
      clientName: app,
      walkIn: undefined,
      isOnDevice: false,
      choices: [
        { label: 'Google', location: 'https://auth.acme.example/login?provider=google', isLast: true },
        { label: 'GitHub', location: 'https://auth.acme.example/login?provider=github', isLast: false },
      ],
    }),
    development_login: developmentLoginPage(once, { state: 'sealed', clientName: app, name: 'alice' }),
    consent: consentOf(),
    consent_long: consentPage(view, LONG),
    consent_login: consentOf({ resources: [], account: undefined }),
    consent_device: consentOf({
      destination: 'the device that shows WDJB-MJHT',
      device: { began: 1_796_000_000, ago: 130 },
    }),
    switching: switchingPage(view, 'https://auth.acme.example/authorize'),
    asking_anew: askingAnewPage(view, 'https://auth.acme.example/authorize'),
    answered: answeredPage(once, back),
    leaving: leavingPage(view, { ...back, form: { error: 'access_denied' } }),
    untold: leavingPage(view, { ...back, clientName: 'desk.example', untold: 'access_denied' }),
    device: deviceCodePage(view, {
      account: 'alice@acme.example',
      form: 'sealed',
      userCode: 'WDJB-MJHT',
      isBrought: false,
      isWrong: true,
    }),
    device_tries: tooManyCodesPage(once, 3),
    device_allowed: deviceAnsweredPage(once, 'allow', app),
    device_denied: deviceAnsweredPage(once, 'deny', app),
    device_over: deviceOverPage(once),
    logout: logoutPage(view, {
      account: 'alice@acme.example',
      token: 'sealed',
      isForGood: true,
      alsoAt: 'Google',
      app: { clientName: app, home: 'https://desk.example/', isReturn: true, kept: {} },
    }),
    logged_out: loggedOutPage(once, back, { livesOnAt: 'Google' }),
    going_to_provider: goingToProviderPage(view, 'Google', 'https://accounts.example/logout'),
    apps: appsPage(view, {
      account: 'alice@acme.example',
      apps: [
        {
          name: app,
          host: 'desk.example',
          resources: ['Orders'],
          scope: ['orders:read', 'orders:write'],
          actsAt: ['GitHub'],
          told: ['name', 'e-mail address'],
          isOffline: true,
          at: 1_796_000_000,
          press: 'sealed',
        },
      ],
      isCut: true,
      pressAll: 'sealed',
      can: 'end apps',
    }),
    ended: endedPage(once, true, ['GitHub']),
    not_logged_in: notLoggedInPage(view),
    error: errorPage(view, {
      ...failed.login_failed,
      code: 'login_failed',
      retryAt: 'https://auth.acme.example/authorize',
      back: back,
    }),
    not_found: errorPage(view, { ...refused[404], code: 'invalid_request' }),
  }
}
