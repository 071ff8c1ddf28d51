import { describe, expect, it } from 'vitest'
import { generatedPages, replaceParts } from '../../docs/.reference/pages.ts'
import { readSource } from '../../docs/.reference/source.ts'

const pages = await generatedPages()

describe('the reference', () => {
  it.each(pages.map(({ file, ...page }) => [file, page] as const))('%s is what the code says', (_, page) => {
    // `npm run reference` writes it.
    expect(page.text).toBe(page.generated)
  })

  it('says the bounds and defaults that the code reads, and something of each setting', () => {
    expect(readSource().faults).toEqual([])
  })

  it('is made of parts: what stands between the marks is written anew, and nothing else', async () => {
    const text = 'a `<!-- end -->`\n<!-- generated: one -->\nold\n<!-- end -->\nb\n'
    const made = 'a `<!-- end -->`\n<!-- generated: one -->\n\nnew\n\n<!-- end -->\nb\n'
    expect(await replaceParts(text, { one: () => 'new' })).toBe(made)
    expect(await replaceParts(made, { one: () => 'new' })).toBe(made)
    await expect(replaceParts(text, {})).rejects.toThrow('nothing makes the part "one"')
    await expect(replaceParts(text.replace('\n<!-- end -->', ''), { one: () => '' })).rejects.toThrow('no end')
  })
})
