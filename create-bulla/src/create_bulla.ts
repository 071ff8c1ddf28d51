#!/usr/bin/env node
/**
 * `npm create bulla`: three questions or as many flags, a folder, and what to do next. Exit 0, 1 (no) or 2 (wrong usage).
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import { type Answers, askFor, meantBy, QUESTIONS } from './answers.ts'
import { VERSION, writeProject, wrongWith } from './project.ts'

const choicesOf = (name: keyof Answers): string => Object.keys(QUESTIONS[name].choices ?? {}).join('|')

const HELP = `create-bulla: an issuer on Workers, and an API or an MCP server that takes its tokens

usage: npm create bulla [FOLDER] -- [OPTIONS]

  --template ${choicesOf('template')}
                   what is protected (default: api)
  --login ${choicesOf('login')}
                   how people log in (default: development)
  --no-install     npm install is left to you
  --yes            the defaults, and no questions
  --version        the version of this, and of the Bulla that is installed
  --help           this

for example: npm create bulla my-agents -- --template mcp --login github`

/** Ends it with words on stderr. */
function fail(code: number, words: string): never {
  console.error(words)
  process.exit(code)
}

/** Returns what the flags say. */
function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        template: { type: 'string' },
        login: { type: 'string' },
        'no-install': { type: 'boolean' },
        yes: { type: 'boolean', short: 'y' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (positionals.length > 1) throw new TypeError(`one folder is enough: ${positionals.join(', ')}`)
    return { ...values, folder: positionals[0] }
  } catch (error) {
    return fail(2, `${(error as Error).message}\n\n${HELP}`)
  }
}

/** Returns the answers that flags gave. */
function answersIn(flags: Readonly<Record<keyof Answers, string | undefined>>): Partial<Answers> {
  const given = (Object.keys(QUESTIONS) as (keyof Answers)[]).flatMap((name) => {
    const said = flags[name]
    if (said === undefined) return []
    const meant = meantBy(name, said)
    if (meant === undefined) fail(2, `--${name} expected ${choicesOf(name).replaceAll('|', ', ')}, got ${said}`)
    return [[name, meant]]
  })
  return Object.fromEntries(given)
}

/** Returns the answers that nobody gave. */
function defaults(): Answers {
  return Object.fromEntries(Object.entries(QUESTIONS).map(([name, { fallback }]) => [name, fallback])) as never
}

/** Runs a command in the folder; returns whether it went well. */
function run(folder: string, command: string, args: readonly string[]): boolean {
  const shell = process.platform === 'win32'
  return spawnSync(command, args, { cwd: folder, stdio: 'inherit', shell }).status === 0
}

/** Tells whether this Node runs TypeScript, as the project's scripts want it. */
function isNewEnough(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

const flags = readFlags()
if (flags.help) {
  console.log(HELP)
  process.exit(0)
}
if (flags.version) {
  console.log(VERSION)
  process.exit(0)
}
const given = answersIn({ folder: flags.folder, template: flags.template, login: flags.login })
const { folder: named } = given
const wrong = named === undefined ? undefined : wrongWith(named)
if (wrong !== undefined) fail(1, wrong)
const isAsking = process.stdin.isTTY && process.stdout.isTTY && !flags.yes
const answers = isAsking
  ? await askFor(given, wrongWith, () => fail(130, '\nNothing is written.'))
  : { ...defaults(), ...given }
const { folder } = answers
const stillWrong = wrongWith(folder)
if (stillWrong !== undefined) fail(1, stillWrong)

try {
  writeProject(answers)
} catch (error) {
  fail(1, `${folder} cannot be written: ${(error as NodeJS.ErrnoException).code}. Nothing is left there.`)
}
console.log(`\n${styleText('green', '✓')} ${folder} is written.`)

const manager = /^(pnpm|yarn|bun)\b/.exec(process.env['npm_config_user_agent'] ?? '')?.[0] ?? 'npm'
const isInstalled = !flags['no-install'] && run(folder, manager, ['install'])
if (isInstalled && isNewEnough() && run(folder, process.execPath, ['dev.ts', '--secrets']))
  console.log(
    `${styleText('green', '✓')} ${join(folder, 'issuer', '.dev.vars')} has a new ring, for this machine alone.`,
  )

const shown = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`
const steps = [
  ...(folder === '.' ? [] : [`cd ${shown}`]),
  ...(isInstalled ? [] : [`${manager} install`]),
  `${manager} run dev`,
]
console.log(`\nNext:\n\n${steps.map((step) => `  ${step}`).join('\n')}\n`)
console.log('README.md there says what to ask it, and how it is deployed.')
if (!isNewEnough()) console.log(`It needs Node 22.18 or newer; this is ${process.versions.node}.`)
if (!flags['no-install'] && !isInstalled) fail(1, `\n${manager} install did not go well; all is written that it needs.`)
