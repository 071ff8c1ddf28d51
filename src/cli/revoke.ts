/**
 * `bulla revoke …`: the operator takes back what was issued, at the running issuer.
 *
 * @module
 */

import { DYNAMIC_PREFIX } from '../registration/walk_in/dynamic_id.ts'
import { askIssuer } from './ask_issuer.ts'
import { type Command, Refusal } from './command.ts'
import { UNKNOWN } from './known_resource.ts'
import { authorizationOf, issuerOf, OPERATOR } from './operator_proof.ts'
import { SETTINGS } from './settings_file.ts'
import { PROVIDER, subjectHere } from './subject.ts'

const OPTIONS: Command['options'] = { ...OPERATOR, unknown: UNKNOWN }

/** Returns why no lower branch of a resource was revoked, and what to do. */
function whyNothing({ why, branch }: Readonly<Record<string, unknown>>): string {
  const next = `branch = ${Number(branch) + 1}`
  return why === 'first_branch'
    ? `the settings that run know no branch of it but the first. Write "${next}" into its settings, deploy that, then revoke`
    : `all below branch ${branch} is revoked already. If its keys leaked again, write "${next}" into its settings, deploy that, then revoke`
}

/** Tells whether a client is one that walked in, by its id. */
function isWalkIn(id: string): boolean {
  return id.startsWith(DYNAMIC_PREFIX) || id.startsWith('https://')
}

function revoking(kind: string, operand: string, summary: string, value: string): Command {
  const isPerson = kind === 'sub'
  return {
    call: `revoke ${kind}`,
    operand,
    summary,
    example: {
      line: `bulla revoke ${kind} ${value} --issuer https://auth.example.com --client ops --secret-file ops.secret`,
    },
    details: 'Prints the answer of the issuer. What is issued afterwards to a person or client is good again.',
    needs: ['issuer', 'client', 'secret-file'],
    options: isPerson ? { ...OPTIONS, provider: PROVIDER, settings: SETTINGS } : OPTIONS,
    async run(values, operand, io) {
      const value = isPerson && values.has('provider') ? await subjectHere(values, operand) : operand
      const url = `${issuerOf(values)}/revocations`
      const authorization = await authorizationOf(values, io)
      const { status, body } = await askIssuer(url, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ kind, value, ...(values.has('unknown') ? { unknown: 'true' } : {}) }),
      })
      if (status === 404) throw new Refusal('the issuer keeps no revocations: REVOCATIONS is not bound')
      if (status === 429)
        throw new Refusal('the list of revocations is full: revoke something broader, a client or a key, or wait')
      if (body['error'] === 'unknown_value')
        throw new Refusal(
          `the issuer knows no such ${kind}: nothing is revoked.${kind === 'resource' ? '' : ' If it was known once, write --unknown to revoke it all the same'}`,
        )
      if (body['why'] !== undefined) throw new Refusal(`nothing is revoked: ${whyNothing(body)}`)
      if (status !== 200)
        throw new Refusal(`the issuer refuses: ${body['error'] ?? status} ${body['error_description'] ?? ''}`)
      io.out(JSON.stringify(body))
      io.say(`revoked; verifiers that ask for revocations refuse it within ${body['effective_within']} seconds`)
      if (body['lowest_branch'] !== undefined)
        io.say(`the lowest branch that counts is ${body['lowest_branch']}; never give it a lower one again`)
      if (body['except'] !== undefined)
        io.say(
          `NOT revoked: its ${body['except']}, which name no client; they live until they end, or revoke their key`,
        )
      if (kind === 'client' && isWalkIn(value))
        io.say(`it may come again. What keeps it out, in [vars.REGISTRATION]: blocked = [${JSON.stringify(value)}]`)
      return 0
    },
  }
}

/** The commands that revoke. */
export const revokeCommands: readonly Command[] = [
  revoking('sub', 'SUB', 'all that a person has: sessions, refresh tokens, access tokens', 'alice'),
  revoking('client', 'ID', 'all that was issued to a client', 'orders-app'),
  revoking('grant', 'GID', 'all that came of one approval', 'nzZbQpsLEY6ZMwDtGPsqIQ'),
  revoking('kid', 'KID', 'every access token made with a key, or any key of a root', 'r1'),
  revoking(
    'resource',
    'URI',
    'every access token of a resource under a lower branch than its settings name',
    'https://api.example.com',
  ),
]
