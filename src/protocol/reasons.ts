/**
 * Why something was refused, in one word that programs can read: a closed list, the same in events and in the log.
 *
 * @module
 */

/** Each reason, and what it means. docs/events.md lists them for operators. */
export const REASONS = {
  own: 'code of the operator’s own said no, and no more',
  malformed: 'a parameter is missing, malformed, repeated or too long',
  unknown_client: 'nobody is known by this client_id',
  wrong_secret: 'the client did not show its secret, or another',
  code_replayed: 'the code was used before: all that came of it has ended',
  refresh_reused: 'an old refresh token, or another key: its family has ended',
  unexpected: 'a fault of ours: the log says where',
} as const

/** Why something was refused. */
export type Reason = keyof typeof REASONS
