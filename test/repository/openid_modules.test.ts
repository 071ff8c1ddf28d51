import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The plans as SECURITY.md has them: the file of the tests, and the modules. */
const PLANS = [
  ...textOf('SECURITY.md').matchAll(/^\| \*\*[^`|]*`(test\/rfc\/[\w.]+)`\*\* \| \|\n((?:\| `.*\n)+)/gm),
].map(([, file = '', rows = '']) => ({
  file,
  modules: [...rows.matchAll(/^\| `([\w-]+)`/gm)].map(([, name = '']) => name),
}))

/** Returns the modules whose names begin the titles of a file's tests. */
function titlesOf(file: string): readonly string[] {
  const text = textOf(file)
  expect(text).not.toMatch(/\.(?:skip|todo|only)\b/)
  return [...text.matchAll(/['`](oidcc-[a-z0-9-]+)[:'`]/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.endsWith('-plan'))
}

describe('the modules of the conformance suite', () => {
  it('are those of the plans Basic, Config, RP-initiated and back-channel logout', () => {
    expect(PLANS.map(({ modules }) => modules.length)).toEqual([35, 1, 11, 2])
  })

  it.each([...new Set(PLANS.map(({ file }) => file))])('have each a test with their name, and a row: %s', (file) => {
    const listed = PLANS.filter((plan) => plan.file === file).flatMap(({ modules }) => modules)
    expect([...titlesOf(file)].sort()).toEqual([...listed].sort())
  })
})
