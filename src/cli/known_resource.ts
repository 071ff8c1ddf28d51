/**
 * For whom keys are: `--issuer`, `--resource` and `--enc`, held against the settings. Keys derive from the letters of the
 * settings, so what is spelt otherwise, or sealed otherwise, opens nothing.
 *
 * @module
 */

import { findResource, isLoopback } from '../../keys/identifier.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption } from '../../keys/index.ts'
import { developmentResources, readPartnerKey } from '../development.ts'
import type { Resource } from '../registration/resource.ts'
import { readResource } from '../registration/resource_registration.ts'
import { type Io, type Option, Refusal, UsageError, type Values } from './command.ts'
import { readVariable } from './dotenv_file.ts'
import { isJson } from './ring_file.ts'
import { readSettings, tableOf } from './settings_file.ts'

/** Lets through what no setting knows. */
export const UNKNOWN: Option = { type: 'boolean', help: 'also what no setting, and no ring, knows' }

/** The content encryption, where the settings do not say it. */
export const ENC: Option = {
  type: 'string',
  value: 'ENC',
  choices: ['A256GCM', 'A256CBC-HS512'],
  help: "its content encryption, A256GCM or A256CBC-HS512 (default: the settings')",
}

/** Where a resource is looked for. */
interface Place {
  /** What it is called. */
  readonly name: string
  readonly issuer: string
  readonly resources: Readonly<Record<string, unknown>>
}

/** A resource that keys are for. */
export interface Meant {
  readonly issuer: string
  /** In the spelling of the settings, where they know it. */
  readonly resource: string
  /** What was written out, or the settings say. */
  readonly enc: ContentEncryption | undefined
  /** What the settings say of it, if they know it. */
  readonly known: Resource | undefined
  /** Why they do not know it. */
  readonly unknown: string | undefined
}

/** Reads the content encryption that was asked for. */
function readEnc(values: Values): ContentEncryption | undefined {
  const enc = values.text('enc')
  if (enc !== undefined && !Object.hasOwn(CONTENT_ENCRYPTION_BYTES, enc))
    throw new UsageError(`--enc expected ${Object.keys(CONTENT_ENCRYPTION_BYTES).join(' or ')}`)
  return enc as ContentEncryption | undefined
}

/** Returns where the resources of this call stand; in development those of the fresh start are among them. */
async function findPlace(values: Values, text: string): Promise<Place | undefined> {
  const settings = await readSettings(values)
  const issuer = values.need('issuer')
  const own = settings === undefined ? {} : tableOf(settings, 'RESOURCES')
  const isDevelopment = !isJson(text) && isLoopback(issuer) && readVariable(text, 'DEVELOPMENT') === 'true'
  if (isDevelopment) {
    const resources = { ...developmentResources(readPartnerKey(readVariable(text, 'PARTNER_KEY'))), ...own }
    return { name: 'development', issuer, resources }
  }
  return settings === undefined ? undefined : { name: settings.file, issuer: settings.vars.ISSUER, resources: own }
}

/** Returns some names of many. */
function listSome(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : [...names.slice(0, 8), ...(names.length > 8 ? ['…'] : [])].join(', ')
}

/**
 * Returns the resource that a call means. Another spelling of one that the settings know is corrected, and that is said.
 *
 * @param text what the file with the ring holds: a dotenv file tells of development
 * @throws {Refusal} when the settings say another content encryption than `--enc`
 */
export async function readMeant(values: Values, text: string, io: Io): Promise<Meant> {
  const [issuer, resource, enc] = [values.need('issuer'), values.need('resource'), readEnc(values)]
  const place = await findPlace(values, text)
  const meant = { issuer, resource, enc, known: undefined }
  if (place === undefined) return { ...meant, unknown: 'there are no settings here, and none are named by --settings' }
  const { name, resources } = place
  if (place.issuer !== issuer) return { ...meant, unknown: `the issuer in ${name} is ${place.issuer}, not ${issuer}` }
  const uris = Object.keys(resources)
  const uri = findResource(uris, resource)
  if (uri === undefined) return { ...meant, unknown: `${name} has no resource ${resource}; it has ${listSome(uris)}` }
  const known = readResource(uri, resources[uri], isLoopback(issuer))
  if (enc !== undefined && enc !== known.enc)
    throw new Refusal(`${uri} has the content encryption ${known.enc} in ${name}: leave --enc away`)
  if (uri !== resource)
    io.say(
      `note: ${resource} is called ${uri} in ${name}; that spelling is the aud of its tokens, and its server needs it`,
    )
  return { issuer, resource: uri, enc: known.enc, known, unknown: undefined }
}
