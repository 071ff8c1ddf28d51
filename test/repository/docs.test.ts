import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { blockOf, PAGES, README } from '../docs.ts'

const texts = new Map([
  ['README.md', README],
  ...PAGES,
  ...['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(
    (file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const,
  ),
])

/** A block of code: the name by which a test asks for it, its language, and what is in it. */
interface Block {
  readonly name: string | undefined
  readonly language: string
  readonly code: string
}

function blocksOf(text: string): readonly Block[] {
  const blocks = text.matchAll(/(?:<!-- test: ([\w-]+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...blocks].map(([, name, language = '', code = '']) => ({ name, language, code }))
}

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** Returns the links of a text that lead to files of this checkout. */
function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link))
}

describe('the README', () => {
  it('is a screen and a half: at most 150 lines', () => {
    expect(README.split('\n').length).toBeLessThanOrEqual(150)
  })

  it('shows nothing that does not stand in a page, word for word, where it is tried', () => {
    const shown = blocksOf(README).map(({ code }) => code)
    const tried = [...PAGES.values()].flatMap(blocksOf).map(({ code }) => code)
    expect(shown.length).toBeGreaterThan(1)
    expect(shown.filter((code) => !tried.includes(code))).toEqual([])
  })

  it('leads to every page, by the pages that it leads to', () => {
    const led = new Set(['README.md'])
    for (const page of led) {
      const files = linksOf(texts.get(page) ?? '').map((link) => link.replace(/#.*/, ''))
      for (const file of files) led.add(normalize(join(dirname(page), file)))
    }
    expect([...PAGES.keys()].filter((page) => !led.has(page))).toEqual([])
  })
})

describe('the documentation', () => {
  it('tells how to work on the project by scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const told = blockOf('development').trim().split('\n')
    expect(told.map((line) => line.replace(/^npm (?:run )?/, '')).filter((name) => !(name in scripts))).toEqual([])
  })

  it('tells how to run one test by tests that there are', () => {
    const files = blockOf('one-test').match(/\S+\.test\.ts/g) ?? []
    expect(files).toHaveLength(2)
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  })

  it.each([...texts])('%s has good links alone', (file, text) => {
    const broken = linksOf(text).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : normalize(join(dirname(file), path))
      if (!existsSync(join(ROOT, target))) return true
      if (anchor === undefined) return false
      return !anchorsOf(texts.get(target) ?? readFileSync(join(ROOT, target), 'utf8')).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it.each([...texts])('%s has nothing in it that two merged and nobody chose', (_, text) => {
    expect(text.split('\n').filter((line) => /^(?:<{7}|>{7}|={7}$)/.test(line))).toEqual([])
  })

  it.each([...PAGES])('%s has no code but what a test runs, compiles or reads', (_, text) => {
    const tests = execFileSync('git', ['grep', '-hoE', '[\'"`][a-z0-9_-]+[\'"`]', '--', 'test/**/*.test.ts'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const asked = new Set(tests.split('\n').map((quoted) => quoted.slice(1, -1)))
    const untried = blocksOf(text).filter(({ name, language, code }) => {
      if (name !== undefined) return !asked.has(name)
      if (language === 'json') return JSON.parse(code.replaceAll('<32 bytes, base64url>', '')) === null
      if (language === 'toml') return Object.keys(parse(code)).length === 0
      return language !== ''
    })
    expect(untried).toEqual([])
  })
})

describe('the drivers that the documentation shows', () => {
  const bare = (code: string): string => code.replace(/<[^()]*>(?=\()|[\s,]/g, '')
  const rows = [...(PAGES.get('docs/guides/guards.md') ?? '').matchAll(/^\| ([\w:]+) \| `(.* => .*)` \|$/gm)]

  it.each(rows.map(([, name = '', code = '']) => [name, code]))('%s is asked as the tests ask it', (_, code) => {
    const files = execFileSync('git', ['ls-files', 'test/parties', 'test/stores'], { cwd: ROOT, encoding: 'utf8' })
    const texts = files
      .split('\n')
      .filter(Boolean)
      .map((file) => bare(readFileSync(join(ROOT, file), 'utf8')))
    expect(texts.some((text) => text.includes(bare(code)))).toBe(true)
  })

  it('are seven', () => {
    expect(rows).toHaveLength(7)
  })
})

describe('SECURITY.md', () => {
  const text = texts.get('SECURITY.md') ?? ''
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))

  it('names tests that there are', () => {
    const named = [...text.matchAll(/`(test\/[^`*]+)`/g)].map(([, path = '']) => path)
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('tells each threat once', () => {
    const threats = rows.map((row) => row.split('|')[1]?.trim() ?? '').filter((threat) => threat.length > 10)
    expect(threats.filter((threat, index) => threats.indexOf(threat) !== index)).toEqual([])
  })
})
