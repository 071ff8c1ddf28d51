/**
 * `bulla keys export`: what a resource server is given of the ring.
 *
 * @module
 */

import { exportJwks, exportKeys, writeKeys } from '../../keys/index.ts'
import { type Command, OUT, Refusal, UsageError } from './command.ts'
import { ENC, readMeant, UNKNOWN } from './known_resource.ts'
import { RING, readRingText, readText } from './ring_file.ts'
import { SETTINGS } from './settings_file.ts'

/** The command that exports a resource's keys. */
export const keysExport: Command = {
  call: 'keys export',
  summary: "what a resource server needs to open its tokens: its branches, or with --jwks some periods' leaves",
  details:
    'What it prints is a secret of that resource server: who has it can open, and forge, tokens for that resource and no other.\nThe settings tell the spelling of the resource and its content encryption. Where there are none, or they do not know it, write --unknown and --enc.',
  example: {
    line: 'bulla keys export --ring ring.json --issuer https://auth.example.com --resource https://api.example.com --out api.keys',
  },
  needs: ['ring', 'issuer', 'resource'],
  options: {
    ring: RING,
    issuer: { type: 'string', value: 'URL', help: 'the URL of the issuer' },
    resource: { type: 'string', value: 'URI', help: 'the URI of the resource' },
    settings: SETTINGS,
    enc: ENC,
    unknown: UNKNOWN,
    branch: {
      type: 'string',
      value: 'N',
      help: "the number of its branch (default: the settings', else 1)",
    },
    jwks: { type: 'boolean', help: 'a plain JWK Set that any JOSE library can use, for some periods' },
    periods: {
      type: 'string',
      value: 'N',
      help: 'with --jwks: the previous, the current and N - 2 more periods (default 3)',
    },
    out: OUT,
  },
  async run(values, _operand, io) {
    const text = await readText(values.need('ring'), io)
    const { ring: exported, bad } = readRingText(text)
    for (const { message } of bad) io.say(`left out: ${message}`)
    const periods = values.number('periods') ?? 3
    if (periods < 1 || periods > 366) throw new UsageError('--periods expected 1 to 366')
    if (values.has('periods') && !values.has('jwks')) throw new UsageError('--periods goes with --jwks')
    const asked = values.number('branch')
    const { issuer, resource, enc, unknown, known } = await readMeant(values, text, io)
    if (unknown !== undefined && !values.has('unknown'))
      throw new Refusal(`${unknown}: nothing is exported. To export all the same, write --unknown --enc ENC`)
    if (enc === undefined) throw new UsageError('--unknown goes with --enc: nothing tells the content encryption')
    if (known?.envelope === 'nested' && known.encryptionAlg !== 'dir')
      throw new Refusal(`tokens of ${resource} are sealed to its own key: there is nothing to export`)
    const branch = asked ?? known?.branch
    if (known !== undefined && branch !== known.branch)
      io.say(`note: the branch of ${resource} is ${known.branch} in the settings: tokens are sealed under that one`)
    if (branch === undefined) io.say('note: these are the keys of branch 1, for no settings tell another; see --branch')
    const keys = exportKeys(exported, {
      issuer,
      resource,
      enc,
      ...(branch === undefined ? {} : { branch }),
      now: io.now,
    })
    if (keys.branches.length === 0) throw new Refusal('the ring has no root that may open now')
    io.out(values.has('jwks') ? JSON.stringify(exportJwks(keys, io.now, periods)) : writeKeys(keys))
    return 0
  },
}
