import { describe, expect, it } from 'vitest'
import { picturesOf, styleOf } from '../../src/pages/branding.ts'
import { LANGUAGES } from '../../src/pages/language.ts'
import { contrastOf, inkOn, LEAST_CONTRAST, lightened, SURFACES, worstSurface } from '../../src/pages/palette.ts'
import { readBranding } from '../../src/settings/branding.ts'

const read = (value: unknown) => readBranding('branding', value)

describe('contrast', () => {
  // WCAG 2.2's own ends, and three pairs that its checkers give.
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#767676', '#ffffff', 4.54],
    ['#777777', '#ffffff', 4.48],
    ['#ff0000', '#ffffff', 4],
  ])('of %s and %s is %d to 1', (one, other, expected) => {
    expect(contrastOf(one, other)).toBeCloseTo(expected, 2)
    expect(contrastOf(other, one)).toBe(contrastOf(one, other))
  })

  it('of black or white is enough on any colour', () => {
    const steps = ['00', '33', '66', '80', '99', 'cc', 'ff']
    const colours = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => `#${red}${green}${blue}`)))
    expect(colours.filter((colour) => contrastOf(inkOn(colour), colour) < LEAST_CONTRAST)).toEqual([])
    expect(colours.filter((colour) => worstSurface(lightened(colour), 'dark').contrast < LEAST_CONTRAST)).toEqual([])
  })

  it('leaves a colour as it is that can be read in the dark', () => {
    expect(lightened('#e08b5f')).toBe('#e08b5f')
    expect(lightened('#000080')).not.toBe('#ffffff')
  })
})

describe('branding', () => {
  it('is nothing of its own by default', () => {
    expect(read(undefined)).toEqual({})
    expect(styleOf({})).toBe('')
    expect(picturesOf({})).toBe('data:')
  })

  it('is read', () => {
    expect(
      read({
        name: 'Acme Ltd',
        logo: 'data:image/svg+xml;base64,PHN2Zy8+',
        logo_dark: '/static/logo-dark.svg',
        accent: '#005A9C',
        terms: 'https://acme.example/terms',
        privacy: 'https://acme.example/privacy',
        support: 'help@acme.example',
      }),
    ).toEqual({
      name: 'Acme Ltd',
      logo: 'data:image/svg+xml;base64,PHN2Zy8+',
      logoDark: '/static/logo-dark.svg',
      accent: { light: '#005a9c', dark: lightened('#005a9c') },
      terms: 'https://acme.example/terms',
      privacy: 'https://acme.example/privacy',
      support: 'mailto:help@acme.example',
    })
  })

  it('lets pages load from the host only where a picture lies there', () => {
    expect(picturesOf({ logo: 'data:image/png;base64,AA==' })).toBe('data:')
    expect(picturesOf({ logo: '/logo.svg' })).toBe("data: 'self'")
    expect(picturesOf({ logo: 'data:image/png;base64,AA==', logoDark: '/logo.svg' })).toBe("data: 'self'")
  })

  it.each([
    [
      'accent',
      { accent: '#ffcc00' },
      /"branding\.accent" expected a colour that can be read on the ground of a light page, by 4\.5 : 1 or more, got 1\.\d\d : 1/,
    ],
    [
      'accent_dark',
      { accent: '#005a9c', accent_dark: '#005a9c' },
      /"branding\.accent_dark" .* on the card of a dark page/,
    ],
    ['a colour by name', { accent: 'red' }, /"branding\.accent" expected a colour as "#rrggbb"/],
    [
      'a dark colour alone',
      { accent_dark: '#ffffff' },
      /"branding\.accent_dark" expected "branding\.accent" beside it/,
    ],
    ['a dark logo alone', { logo_dark: '/a.svg' }, /"branding\.logo_dark" expected "branding\.logo" beside it/],
    ['a name of nothing', { name: ' ' }, /"branding\.name"/],
    ['a name that turns the line round', { name: 'Acme\u202e' }, /"branding\.name"/],
    ['a member that is none', { colour: '#005a9c' }, /"branding" has no setting "colour"/],
    ['no table', 'Acme', /"branding" expected an object/],
  ])('refuses %s', (_, value, message) => {
    expect(() => read(value)).toThrow(message)
  })

  it.each([
    'https://elsewhere.example/logo.svg',
    '//elsewhere.example/logo.svg',
    '/\\elsewhere.example',
    '/a/../b.svg',
    '/logo.svg?x',
    '/logo.svg#x',
    'logo.svg',
    'data:text/html,<script>',
    'data:image/svg+xml,<svg onload="x">',
    'data:image/svg+xml;base64,"><script>',
    "data:image/svg+xml,'",
    `data:image/png;base64,${'A'.repeat(32_768)}`,
  ])('refuses the picture %.40s', (logo) => {
    expect(() => read({ logo })).toThrow(/"branding\.logo"/)
  })

  it.each([
    ['terms', 'http://acme.example/'],
    ['terms', 'javascript:alert(1)'],
    ['privacy', 'https://name@acme.example/'],
    ['privacy', 'https://'],
    ['support', 'tel:112'],
    ['support', 'help@'],
    ['support', 'a@b.example?bcc=c@d.example'],
    ['support', 'mailto:a@b.example,c@d.example'],
  ])('refuses %s at %s', (member, value) => {
    expect(() => read({ [member]: value })).toThrow(`"branding.${member}" expected`)
  })

  it('has words of its own, in their place alone', () => {
    const { words } = read({ words: { de: { 'consent.title': '{app} bittet um Ihr Konto bei {owner}' } } })
    expect(words?.de?.consent.title).toBe('{app} bittet um Ihr Konto bei {owner}')
    expect(words?.de?.consent.allow).toBe(LANGUAGES.de.consent.allow)
    expect([words?.en, LANGUAGES.de.consent.title]).not.toContain('{app} bittet um Ihr Konto bei {owner}')
  })

  it.each([
    ['a language that is not there', { it: {} }, /"branding\.words" has no setting "it"/],
    [
      'a text that is not there',
      { en: { 'consent.titel': 'x' } },
      /"branding\.words\.en.*did you mean "consent\.title"/,
    ],
    ['a warning', { en: { 'consent.noName': '{place}' } }, /"branding\.words\.en/],
    ['a hole that is missing', { en: { 'consent.title': '{app}' } }, /expected each once: \{app\} \{owner\}/],
    ['a hole that is none', { en: { 'consent.allow': '{app}' } }, /expected no holes or marks/],
    ['a mark that is none', { en: { 'start.intro': '<script>' } }, /expected no holes or marks/],
    ['what nobody sees', { en: { 'consent.allow': '\u200b' } }, /1 to 400 characters that can be seen/],
  ])('refuses words with %s', (_, words, message) => {
    expect(() => read({ words })).toThrow(message)
  })

  it('says all that is wrong at once', () => {
    expect(() => read({ accent: '#fff', terms: 'x', nmae: 'Acme' })).toThrow(/accent[\s\S]*terms|terms[\s\S]*accent/)
  })

  it('has rules for both schemes, whose buttons can be read', () => {
    const branding = read({ accent: '#005a9c' })
    expect(styleOf(branding)).toContain(':root{--accent:#005a9c;--accent-ink:#ffffff}')
    expect(SURFACES.light.card).toBe('#fffdf9')
  })
})
