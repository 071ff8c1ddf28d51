/**
 * What is wrong with settings, in the words of the file that they stand in.
 *
 * @module
 */

import { plainName } from '../../keys/did_you_mean.ts'
import { BINDING_KINDS } from '../binding_kinds.ts'

/** Returns a message with the setting's name as it stands in the file: `CLIENTS` for `clients`. */
export function asInFile(message: string): string {
  // What is no setting is said as it was written there.
  if (/^"[^"]*" is no setting;/.test(message)) return message
  const names = [...Object.keys(BINDING_KINDS), 'LOGIN']
  const named = message.replace(/^"([A-Za-z]+)/, (whole, name: string) => {
    const own = name === 'authenticate' ? 'LOGIN' : names.find((one) => plainName(one) === plainName(name))
    return own === undefined ? whole : `"${own}`
  })
  return named.replace(/\s+/g, ' ')
}
