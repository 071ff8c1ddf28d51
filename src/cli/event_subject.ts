/**
 * What a person is called in events: a pseudonym for each root of the ring, and for each name that the person has at resources.
 *
 * @module
 */

import { isLoopback } from '../../keys/identifier.ts'
import { createKeyring, writeInstant } from '../../keys/index.ts'
import { createPairwise, readPairwiseSalt } from '../registration/pairwise.ts'
import type { Resource } from '../registration/resource.ts'
import { readResource } from '../registration/resource_registration.ts'
import { type Io, UsageError, type Values } from './command.ts'
import { readVariable } from './dotenv_file.ts'
import { isJson, readRingText, readText } from './ring_file.ts'
import { readSettings, type SettingsFile, tableOf } from './settings_file.ts'

/** Returns the resources of the settings by their URI. */
function resourcesIn(settings: SettingsFile | undefined, issuer: string): ReadonlyMap<string, Resource> {
  const table = settings === undefined ? {} : tableOf(settings, 'RESOURCES')
  return new Map(Object.entries(table).map(([uri, value]) => [uri, readResource(uri, value, isLoopback(issuer))]))
}

/** Returns all names by which tokens call a person; those that need a salt which is not there are said to be lacking. */
function namesOf(sub: string, issuer: string, text: string, resources: ReadonlyMap<string, Resource>, io: Io) {
  const salt = isJson(text) ? undefined : readVariable(text, 'PAIRWISE_SALT')
  const pairwise = [...resources].filter(([, { sector }]) => sector !== undefined)
  if (salt !== undefined)
    return createPairwise(issuer, readPairwiseSalt('PAIRWISE_SALT', salt), resources).namesOf('sub', sub)
  const uris = pairwise.map(([uri]) => uri)
  if (uris.length > 0)
    io.say(
      `NOT found: events about ${uris.join(', ')}; --ring with PAIRWISE_SALT beside KEY_RING tells these names too`,
    )
  return [sub]
}

/** Prints what a person is called in events, a name on each line, and says while which root is primary. */
export async function printEventNames(values: Values, sub: string, io: Io): Promise<void> {
  const text = await readText(values.need('ring'), io)
  const settings = await readSettings(values)
  const issuer = values.text('issuer') ?? settings?.vars.ISSUER
  if (issuer === undefined) throw new UsageError('--issuer is missing')
  const { ring, bad } = readRingText(text)
  for (const { message } of bad) io.say(`left out: ${message}`)
  const { eventNames } = createKeyring(ring, issuer)
  const names = namesOf(sub, issuer, text, resourcesIn(settings, issuer), io)
  const under = names.flatMap((name) => eventNames(name).toReversed())
  const width = Math.max(...under.map(({ kid }) => kid.length))
  if (values.has('json')) io.out(JSON.stringify(under, ['kid', 'use', 'end', 'name'], 2))
  for (const { kid, use, end, name } of under) {
    if (!values.has('json')) io.out(name)
    io.say(`${kid.padEnd(width)}  ${writeInstant(use)} to ${writeInstant(end)}`)
  }
}
