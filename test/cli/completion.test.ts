import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { bullaHere } from './here.ts'
import { atTerminal } from './terminal.ts'

/** A folder with the scripts, and files to complete. */
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-completion-'))
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(folder, shell), (await bullaHere(['completion', shell])).out)
  for (const file of ['ring.json', 'clients.toml']) await writeFile(join(folder, file), '')
})

/** What is typed, with a TAB at its end, and what can stand there. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ['bulla ke', ['keys']],
  ['bulla keys r', ['revoke', 'rotate']],
  ['bulla keys rotate --r', ['--ring', '--root-life', '--rs256']],
  ['bulla keys rotate --ring ri', ['ring.json']],
  ['bulla token inspect --enc A256C', ['A256CBC-HS512']],
  ['bulla client new x --kind o', ['operator']],
  ['bulla settings seal cl', ['clients.toml']],
  ['bulla completion ', ['bash', 'fish', 'zsh']],
  ['bulla keys init --period ', []],
]

describe('completion of bash', () => {
  it.each(CASES)('%s', async (typed, words) => {
    const program = `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bulla; printf "%s\\n" "\${COMPREPLY[@]}"`
    const { out } = await run('bash', ['--norc', '-c', program, 'bash', ...typed.split(' ')], { cwd: folder })
    expect(out.split('\n').filter(Boolean).sort()).toEqual(words)
  })

  it('knows a value behind "=", which bash makes three words of', async () => {
    const program = 'source ./bash; COMP_WORDS=(bulla keys show --ring = ri); COMP_CWORD=5; _bulla; echo "$COMPREPLY"'
    expect((await run('bash', ['--norc', '-c', program], { cwd: folder })).out).toBe('ring.json\n')
  })

  it('is what the page says', () => {
    const [{ example } = { example: { line: '' } }] = COMMANDS.filter(({ call }) => call === 'completion')
    expect(blockOf('completion').trim()).toBe(example.line)
  })
})

describe('completion of fish', () => {
  it.each(CASES)('%s', async (typed, words) => {
    const { out } = await run('fish', ['--no-config', '-c', `source ./fish; complete -C '${typed}'`], {
      cwd: folder,
      env: { HOME: folder },
    })
    const found = out.split('\n').map((line) => line.split('\t')[0] ?? '')
    expect(found.filter(Boolean).sort()).toEqual(words)
  })
})

describe('completion at a terminal', () => {
  const typed = 'bulla ke\tro\t--ri\tri\t --in\t\nbulla client new x --kind op\t\nbulla settings seal cl\t\n'
  const printed = [
    /\[keys\|rotate\|--ring[|=]ring\.json\|--in-place\]/,
    '[client|new|x|--kind|operator]',
    '[settings|seal|clients.toml]',
  ]

  it.each([
    ['bash', 'bash --norc --noprofile -i', 'source ./bash'],
    ['zsh', 'zsh -f -i', 'autoload -Uz compinit; compinit -u -D; source ./zsh'],
  ])('of %s writes whole what was begun, in a shell that somebody types into', async (_, shell, setUp) => {
    const session = atTerminal(shell, { cwd: folder, env: { PS1: 'ready> ', INPUTRC: '/dev/null', HOME: folder } })
    session.type(`bulla() { local IFS='|'; echo "[$*]"; }; ${setUp}; PS1='rea''dy> '\n`)
    await session.shows(/ready> (?!.*PS1)/)
    session.type(typed)
    for (const line of printed) await session.shows(line)
    session.type('exit\n')
    expect(await session.ended).toBe(0)
  })
})
