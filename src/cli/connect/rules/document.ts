/**
 * JSON documents as clients take them: their bounds, and the types of their members.
 *
 * @module
 */

import { essenceOf, JSON_TYPE } from '../../../protocol/media_type.ts'
import { type Answer, isPage, isRedirect, type Party, shownStatus } from './answer.ts'
import { breaks, type Finding, shown, shownUrl, warns } from './finding.ts'

export type Json = Readonly<Record<string, unknown>>

/** Bytes beyond which some clients stop reading. */
const MUCH = 16_384

/** A document; or what stands in its place. */
export type Document =
  | { readonly ok: true; readonly json: Json; readonly findings: readonly Finding[] }
  | { readonly ok: false; readonly finding: Finding }

/** Reads an answer of 200 or 201 as a JSON object. */
export function readDocument(answer: Answer, party: Party): Document {
  const at = shownUrl(answer.url)
  const no = (code: string, what: string, mend: string): Document => ({
    ok: false,
    finding: breaks(party, code, what, mend),
  })
  if (answer.isCut)
    return no(
      'too_long',
      `The answer of ${at} is longer than 64 KB.`,
      'Answer with the document alone; a few KB are usual.',
    )
  if (isPage(answer))
    return no(
      'html',
      `${at} is answered by an HTML page where JSON is due.`,
      'Let the framework or proxy pass this path to what makes the document, and answer 404 where there is none.',
    )
  let json: unknown
  try {
    json = JSON.parse(answer.text)
  } catch {
    return no('no_json', `What ${at} answers is no JSON.`, 'Answer with a JSON object.')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return no('no_object', `What ${at} answers is JSON, but no object.`, 'Answer with a JSON object.')
  const type = essenceOf(answer.headers['content-type'] ?? null)
  const isJson = JSON_TYPE.test(type)
  return {
    ok: true,
    json: json as Json,
    findings: [
      ...(isJson
        ? []
        : [
            warns(
              party,
              'media_type',
              `${at} has the media type ${shown(type)}, not application/json.`,
              'Send Content-Type: application/json.',
            ),
          ]),
      ...(answer.text.length > MUCH
        ? [
            warns(
              party,
              'long',
              `The answer of ${at} has more than 16 KB: some clients stop there.`,
              'Leave out what clients do not need.',
            ),
          ]
        : []),
    ],
  }
}

/** Returns why an answer that is none of 200 is no document. */
export function judgeMissing(answer: Answer, party: Party): Finding {
  const at = shownUrl(answer.url)
  if (isRedirect(answer))
    return breaks(
      party,
      'redirected',
      `${at} leads elsewhere (${shownStatus(answer)}), which many clients do not follow.`,
      'Answer with the document at this address itself.',
    )
  if (answer.status >= 500)
    return breaks(
      party,
      'failed',
      `${at} fails with ${answer.status}: clients stop there, and ask no other address.`,
      "See the server's log; where there is no document answer 404.",
    )
  if (answer.status === 401 || answer.status === 403)
    return breaks(
      party,
      'guarded',
      `${at} is answered with ${answer.status}: who has no token yet cannot read it.`,
      'Let everybody read this document, without a token.',
    )
  return breaks(party, 'missing', `There is no document at ${at} (${answer.status}).`, 'Serve it there.')
}

/** Returns what it means that an address leads elsewhere, where another one has the document. */
export function judgeLeading(answer: Answer, party: Party): Finding {
  return warns(
    party,
    'redirected',
    `${shownUrl(answer.url)} leads elsewhere (${shownStatus(answer)}): clients that follow take what is there for the document.`,
    'Where there is no document answer 404.',
  )
}

/** What a member must be. A client that validates refuses the whole document for one that is otherwise. */
export type Kind = 'text' | 'url' | 'texts' | 'urls' | 'flag' | 'number'

const isText = (value: unknown): value is string => typeof value === 'string'
const isUrl = (value: unknown): boolean => isText(value) && URL.canParse(value)
const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: isText,
  url: isUrl,
  texts: (value) => Array.isArray(value) && value.every(isText),
  urls: (value) => Array.isArray(value) && value.every(isUrl),
  flag: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
}

/** Returns the members that are there, and are not what they must be. */
export function wrongMembers(json: Json, kinds: Readonly<Record<string, Kind>>): readonly string[] {
  return Object.entries(kinds)
    .filter(([name, kind]) => Object.hasOwn(json, name) && !IS[kind](json[name]))
    .map(([name]) => `${name} is ${shown(json[name], 40)}`)
}

/** Returns a list of texts, or nothing where it is none. */
export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every(isText) ? value : undefined
}

/** Returns a text, or nothing where it is none. */
export function textOf(value: unknown): string | undefined {
  return isText(value) ? value : undefined
}
