import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { unstable_getVarsForDev as getVarsForDev } from 'wrangler'
import { Refusal } from '../../src/cli/command.ts'
import { readVariable, writeVariable } from '../../src/cli/dotenv_file.ts'

const RING = '{"v":1,"k":"a_b-c # no comment","roots":[{"kid":"r1"}]}'
const OTHER = '{"v":1,"roots":[{"kid":"r1"},{"kid":"r2"}]}'
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-dotenv-'))
})

/** What the issuer of `wrangler dev` finds in the variable. */
async function readByWrangler(text: string): Promise<Readonly<Record<string, string>>> {
  await writeFile(join(folder, '.dev.vars'), text)
  const vars = getVarsForDev(join(folder, 'wrangler.toml'), undefined, {}, undefined, true)
  return Object.fromEntries(Object.entries(vars).map(([name, { value }]) => [name, String(value)]))
}

/** What is read, or that it is refused. */
function read(text: string): string | undefined {
  try {
    return readVariable(text, 'KEY_RING')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return 'refused'
  }
}

const FORMS: readonly [string, string][] = [
  ['single quotes', `KEY_RING='${RING}'`],
  ['backticks', `KEY_RING=\`${RING}\``],
  ['double quotes', `KEY_RING="${OTHER}"`],
  ['no quotes', `KEY_RING=${OTHER}`],
  ['no quotes, and a comment', `KEY_RING=${OTHER} # the ring`],
  ['export', `export KEY_RING='${RING}'`],
  ['export and spaces', `  export   KEY_RING = '${RING}'  # the ring`],
  ['a colon', `KEY_RING: '${RING}'`],
  ['a value on the next line', `KEY_RING=\n'${RING}'`],
  ['several lines', `KEY_RING='{\n  "v": 1,\n  "roots": []\n}'`],
  ['a byte order mark', `\uFEFFKEY_RING='${RING}'`],
  ['lines of Windows', `A=1\r\nKEY_RING='${RING}'\r\nB='2'\r\n`],
  ['lines of an old Macintosh', `A=1\rKEY_RING='${RING}'\rB='2'\r`],
  ['nothing in it', 'KEY_RING=\nB=2\n'],
  ['a quote that is not closed', `KEY_RING='${RING}\nB=2`],
  ['something behind the quote', `KEY_RING='${RING}' more`],
  ['another that begins alike', `KEY_RING_NEXT='${OTHER}'\nKEY_RING='${RING}'\nKEY_RING2=1`],
  ['a comment that looks like it', `# KEY_RING='${OTHER}'\nKEY_RING='${RING}'`],
  ['none', 'OTHER=1\n'],
]

describe('a variable of a dotenv file', () => {
  it.each(FORMS)("with %s is read as wrangler's reader reads it", async (_, text) => {
    expect(read(text)).toBe((await readByWrangler(text))['KEY_RING'])
  })

  it.each(FORMS)('with %s is written so that wrangler reads it, and all else as before', async (_, text) => {
    const before = await readByWrangler(text)
    let written: string
    try {
      written = writeVariable(text, 'KEY_RING', OTHER)
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal)
      return
    }
    expect(await readByWrangler(written)).toEqual({ ...before, KEY_RING: OTHER })
  })

  it.each([
    ['two lines of it', `KEY_RING='${RING}'\nA=1\nKEY_RING='${OTHER}'\n`, 'lines 1 and 3'],
    ['one of them with export', `KEY_RING='${RING}'\n  export KEY_RING='${OTHER}'\n`, 'lines 1 and 2'],
    ['one inside the value of another', `A='\nKEY_RING=${RING}\n'\nKEY_RING='${OTHER}'\n`, 'lines 2 and 4'],
    ['one that is no assignment', `KEY_RING '${RING}'\n`, 'line 1 cannot be read'],
    ['one that hides in an open quote', `A='\nKEY_RING="x"\nB='`, 'line 2 cannot be read'],
  ])('is refused with its lines where there are %s', (_, text, words) => {
    for (const act of [() => readVariable(text, 'KEY_RING'), () => writeVariable(text, 'KEY_RING', OTHER)]) {
      expect(act).toThrow(Refusal)
      expect(act).toThrow(words)
      expect(act).not.toThrow(RING)
    }
  })

  it("is read as wrangler's reader reads it, or refused, in any text", async () => {
    const parts = [
      'KEY_RING',
      'KEY_RING=',
      "KEY_RING='",
      'export KEY_RING =',
      '=',
      ' ',
      "'",
      '"',
      '`',
      '\n',
      '\r\n',
      '#',
      'export ',
      'A',
      '1',
      ':',
      '\\n',
      '\\',
      '\uFEFF',
      '.',
      OTHER,
    ]
    let readings = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...parts), { maxLength: 9 }), async (chosen) => {
        const text = chosen.join('')
        const own = read(text)
        if (own === 'refused') return
        const wranglers = await readByWrangler(text)
        if (wranglers['KEY_RING'] !== undefined) readings++
        expect(own).toBe(wranglers['KEY_RING'])
        let written: string
        try {
          written = writeVariable(text, 'KEY_RING', RING)
        } catch {
          return
        }
        expect(await readByWrangler(written)).toEqual({ ...wranglers, KEY_RING: RING })
      }),
      { numRuns: 3000 },
    )
    expect(readings).toBeGreaterThan(20)
  })
})
