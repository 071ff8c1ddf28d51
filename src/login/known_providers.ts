/**
 * Providers that are known by name: what their settings are, as `[vars.LOGIN.<name>]` writes them. Facts of others, each with its source
 * in `docs/guides/providers.md`.
 *
 * @module
 */

import type { Members } from '../../keys/check.ts'
import { readChoice } from '../../keys/check.ts'

/** What is known of a provider. */
interface KnownProvider {
  /** Where it is, and how it answers: theirs, unless it can be somewhere else. */
  readonly fixed: Members
  /** What somebody may want otherwise. */
  readonly usual: Members
  /** What an installation of one's own has elsewhere: all of these are set, or none. */
  readonly places: readonly string[]
}

const GITHUB: KnownProvider = {
  fixed: {
    type: 'oauth',
    claims: { sub: 'id', name: 'name', preferred_username: 'login', picture: 'avatar_url' },
    revocation_method: 'delete',
    login_hint_parameter: 'login',
    prompt_values_supported: ['select_account'],
    authorization_endpoint: 'https://github.com/login/oauth/authorize',
    token_endpoint: 'https://github.com/login/oauth/access_token',
    userinfo_endpoint: 'https://api.github.com/user',
    emails_endpoint: 'https://api.github.com/user/emails',
    revocation_endpoint: 'https://api.github.com/applications/{client_id}/token',
  },
  usual: {
    label: 'GitHub',
    scope: 'read:user user:email',
    scope_descriptions: {
      'read:user': 'read your profile',
      'user:email': 'read your e-mail addresses',
      user: 'read and change your profile',
      repo: 'read and change your repositories, private ones too',
      public_repo: 'read and change your public repositories',
      'repo:status': 'read and set the status of commits',
      'read:org': 'see your organizations and teams',
      gist: 'write gists',
      notifications: 'read your notifications',
      workflow: 'change workflows',
      'read:project': 'read your projects',
      project: 'read and change your projects',
      'read:packages': 'read packages',
      'write:packages': 'publish packages',
      delete_repo: 'delete your repositories',
    },
  },
  places: ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'emails_endpoint', 'revocation_endpoint'],
}

const DISCORD: KnownProvider = {
  fixed: {
    type: 'oauth',
    claims: {
      sub: 'id',
      name: 'global_name',
      preferred_username: 'username',
      email: 'email',
      email_verified: 'verified',
    },
    authorization_endpoint: 'https://discord.com/oauth2/authorize',
    token_endpoint: 'https://discord.com/api/oauth2/token',
    userinfo_endpoint: 'https://discord.com/api/users/@me',
    revocation_endpoint: 'https://discord.com/api/oauth2/token/revoke',
  },
  usual: {
    label: 'Discord',
    scope: 'identify email',
    scope_descriptions: {
      identify: 'read your profile',
      email: 'read your e-mail address',
      guilds: 'see your servers',
      'guilds.join': 'join servers for you',
      'guilds.members.read': 'read who you are in your servers',
      connections: 'see your connected accounts',
    },
  },
  places: [],
}

const GOOGLE: KnownProvider = {
  fixed: {
    type: 'openid',
    issuer: 'https://accounts.google.com',
    auth_time: 'none',
    hand_over_parameters: { access_type: 'offline', prompt: 'consent' },
  },
  usual: {
    label: 'Google',
    scope: 'openid profile email',
    scope_descriptions: {
      openid: 'know who you are',
      profile: 'read your profile',
      email: 'read your e-mail address',
      'https://www.googleapis.com/auth/userinfo.profile': 'read your profile',
      'https://www.googleapis.com/auth/userinfo.email': 'read your e-mail address',
      'https://www.googleapis.com/auth/calendar.readonly': 'read your calendars',
      'https://www.googleapis.com/auth/calendar': 'read and change your calendars',
      'https://www.googleapis.com/auth/calendar.events': 'read and change the events in your calendars',
      'https://www.googleapis.com/auth/drive.readonly': 'read all your files in Drive',
      'https://www.googleapis.com/auth/drive.file': 'read and change the files in Drive that you open with it',
      'https://www.googleapis.com/auth/drive': 'read, change and delete all your files in Drive',
      'https://www.googleapis.com/auth/gmail.readonly': 'read your mail',
      'https://www.googleapis.com/auth/gmail.send': 'send mail as you',
    },
  },
  places: [],
}

const MICROSOFT: KnownProvider = {
  fixed: {
    type: 'openid',
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    hand_over_scope: 'offline_access',
  },
  usual: {
    label: 'Microsoft',
    scope: 'openid profile email',
    auth_time: 'none',
    scope_descriptions: {
      openid: 'know who you are',
      profile: 'read your profile',
      email: 'read your e-mail address',
      'User.Read': 'read your profile',
      'Mail.Read': 'read your mail',
      'Mail.Send': 'send mail as you',
      'Calendars.Read': 'read your calendars',
      'Calendars.ReadWrite': 'read and change your calendars',
      'Files.Read': 'read your files',
      'Files.ReadWrite': 'read and change your files',
    },
  },
  places: [],
}

const APPLE: KnownProvider = {
  fixed: {
    type: 'openid',
    issuer: 'https://appleid.apple.com',
    token_endpoint_auth_method: 'client_secret_post',
    response_mode: 'form_post',
  },
  usual: {
    label: 'Apple',
    scope: 'openid name email',
    auth_time: 'none',
    scope_descriptions: { openid: 'know who you are', name: 'read your name', email: 'read your e-mail address' },
  },
  places: [],
}

const GITLAB: KnownProvider = {
  fixed: { type: 'openid', issuer: 'https://gitlab.com' },
  usual: {
    label: 'GitLab',
    scope: 'openid profile email',
    scope_descriptions: {
      openid: 'know who you are',
      profile: 'read your profile',
      email: 'read your e-mail address',
      read_user: 'read your profile, with your e-mail addresses',
      read_api: 'read everything that you can read',
      api: 'do everything that you can do',
      read_repository: 'read your repositories',
      write_repository: 'read and change your repositories',
    },
  },
  places: ['issuer'],
}

const KNOWN_PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  github: GITHUB,
  google: GOOGLE,
  microsoft: MICROSOFT,
  apple: APPLE,
  gitlab: GITLAB,
  discord: DISCORD,
}

/** What `provider` may be. */
export const KNOWN_PROVIDER_NAMES: readonly string[] = Object.keys(KNOWN_PROVIDERS)

/** Returns all that is known of a provider, as its table would have it. */
export function knownMembers(provider: string): Members {
  const { fixed = {}, usual = {} } = KNOWN_PROVIDERS[provider] ?? {}
  return { ...fixed, ...usual }
}

/**
 * Returns the members of a table with what is known of its `provider`. What stands in the table comes first, words about scope tokens
 * one by one. Where the provider is, and how it answers, is not for a table to say: only where somebody can have one of their own,
 * a table says of all places where they are, or of none, for a code of one must not go to another.
 *
 * @throws {TypeError} when the provider is not known, or a member is not for the table to say
 */
export function withKnownProvider(name: string, members: Members): Members {
  const { provider, ...given } = members
  const { fixed, usual, places } = KNOWN_PROVIDERS[
    readChoice(`${name}.provider`, provider, KNOWN_PROVIDER_NAMES)
  ] as KnownProvider
  const foreign = Object.keys(given).filter((member) => member in fixed && !places.includes(member))
  if (foreign.length > 0) throw new TypeError(`"${name}.${foreign[0]}" is not set where "provider" is: it is known`)
  const missing = places.filter((place) => given[place] === undefined)
  if (missing.length > 0 && missing.length < places.length)
    throw new TypeError(`"${name}" expected all of ${places.join(', ')}, or none`)
  const { scope_descriptions: words } = given
  const both =
    typeof words === 'object' && words !== null ? { ...(usual['scope_descriptions'] as Members), ...words } : words
  return { ...usual, ...fixed, ...given, ...(words === undefined ? {} : { scope_descriptions: both }) }
}
