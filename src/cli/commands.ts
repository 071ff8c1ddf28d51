/**
 * All commands, in the order in which they are told of. Help, completion, suggestions and the page of the command are made of this
 * table.
 *
 * @module
 */

import { checkCommands } from './check.ts'
import { clientCommands } from './client.ts'
import type { Command } from './command.ts'
import { completionOf } from './completion.ts'
import { doctorCommands } from './doctor.ts'
import { guardCommands } from './guard.ts'
import type { Group } from './help.ts'
import { keysCommands } from './keys.ts'
import { loginCommands } from './login.ts'
import { registrationCommands } from './registration_keys.ts'
import { revokeCommands } from './revoke.ts'
import { serveCommands } from './serve.ts'
import { settingsCommands } from './settings.ts'
import { subjectCommands } from './subject.ts'
import { tokenCommands } from './token.ts'
import { watchCommands } from './watch.ts'

/** The commands. */
export const COMMANDS: readonly Command[] = [
  ...keysCommands,
  ...tokenCommands,
  ...revokeCommands,
  ...subjectCommands,
  ...clientCommands,
  ...registrationCommands,
  ...loginCommands,
  ...checkCommands,
  ...settingsCommands,
  ...doctorCommands,
  ...serveCommands,
  ...guardCommands,
  ...watchCommands,
  completionOf(
    () => COMMANDS,
    (first) => GROUPS[first]?.summary ?? '',
  ),
]

/** What the whole command is. */
export const ALL: Group = {
  summary: 'keys, tokens and clients of the OAuth issuer without a database',
  example: {
    line: 'bulla keys init --out ring.json',
    prints: 'This is a secret: keep it as KEY_RING, and keep a copy, for it cannot be read back from a Worker.',
  },
}

/** The first words of several commands. */
export const GROUPS: Readonly<Record<string, Group>> = {
  keys: {
    summary: 'the ring of the roots by which all is sealed',
    example: { line: 'bulla keys doctor --ring ring.json', prints: 'the ring is sound' },
  },
  token: {
    summary: 'what is in a token',
    example: {
      line: 'bulla token inspect --keys ring.json --issuer https://auth.example.com --resource https://api.example.com < token.txt',
    },
  },
  revoke: {
    summary: 'takes back what was issued, at an issuer that runs',
    example: {
      line: 'bulla revoke sub alice --issuer https://auth.example.com --client ops --secret-file ops.secret',
    },
  },
  client: {
    summary: 'entries of the settings, and clients that register',
    example: {
      line: 'bulla client new orders-job --resource https://api.example.com --scope orders:read --out orders-job.secret',
    },
  },
  settings: {
    summary: 'settings that change without a deploy',
    example: { line: 'bulla settings seal clients.toml --ring ring.json --seq 1 --out settings.jwe' },
  },
  guard: {
    summary: 'the tables of a guard on SQL',
    example: { line: 'bulla guard tidy --guard sqlite:bulla.sqlite', prints: '0 rows are gone' },
  },
}
