/**
 * The sections of the documentation, as a reader's tasks: folders, and their pages by their headings.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DefaultTheme } from 'vitepress'

/** A page: its path in the folder of the documentation, its title, and its first paragraph as plain text. */
export interface Page {
  readonly path: string
  readonly title: string
  readonly summary: string
}

/** A section of pages, and the sections below it. */
export interface Section {
  readonly title: string
  readonly pages: readonly Page[]
  readonly below: readonly Section[]
}

/** What a section is made of: folders and pages, and the sections below it. */
interface Plan {
  readonly title: string
  /** In the order in which they are read. Pages of a folder that nothing names follow by their titles; a folder in it is a section below. */
  readonly of: readonly string[]
  readonly below?: readonly Plan[]
}

const PLANS: readonly Plan[] = [
  {
    title: 'Start',
    of: [
      'start/getting-started.md',
      'start/resource-servers.md',
      'start/single-page-apps.md',
      'start/mcp-server.md',
      'start',
    ],
  },
  {
    title: 'Guides',
    of: ['guides'],
    below: [
      {
        title: 'People',
        of: [
          'guides/people-and-login.md',
          'guides/own-login-page.md',
          'guides/pages.md',
          'guides/providers.md',
          'guides/sign-in-with-github.md',
          'guides/acting-at-the-provider.md',
          'guides/openid.md',
        ],
      },
      {
        title: 'Clients and agents',
        of: [
          'guides/clients.md',
          'guides/registration.md',
          'guides/devices.md',
          'guides/bound-tokens.md',
          'guides/authorization-details.md',
          'guides/token-exchange.md',
          'guides/trusted-issuers.md',
          'guides/pairwise-subjects.md',
          'guides/fapi2.md',
          'guides/own-grant-type.md',
        ],
      },
      {
        title: 'Your API',
        of: ['guides/api-in-production.md', 'guides/found-by-url.md', 'guides/testing-your-api.md'],
      },
      {
        title: 'Go live',
        of: ['guides/deploying.md', 'guides/running.md', 'guides/proxies.md', 'guides/guards.md', 'guides/runtimes.md'],
      },
      {
        title: 'Operate',
        of: [
          'guides/runbooks.md',
          'guides/when-something-leaks.md',
          'guides/keys-and-rotation.md',
          'guides/revocation.md',
          'guides/sealed-settings.md',
          'guides/metrics.md',
        ],
      },
    ],
  },
  {
    title: 'Concepts',
    of: [
      'concepts/envelopes.md',
      'concepts/who-can-forge.md',
      'concepts/the-ring.md',
      'concepts/the-guard.md',
      'concepts',
    ],
  },
  {
    title: 'Reference',
    of: [
      'reference/settings.md',
      'reference/command.md',
      'reference/endpoints.md',
      'reference/errors.md',
      'reference/events.md',
      'reference/tokens.md',
      'reference/verifier.md',
      'reference/clients.md',
      'reference/compatibility.md',
      'reference/dependencies.md',
      'reference/releases.md',
      'reference',
    ],
  },
  { title: 'Security', of: ['security.md', 'promises.md', 'security'] },
  { title: 'Scale', of: ['scale/scale.md', 'scale/sizing.md', 'scale/speed.md', 'scale'] },
  { title: 'For agents', of: ['skills/protect-an-api/SKILL.md', 'skills/add-bulla-to-a-worker/SKILL.md'] },
  { title: 'Working on Bulla', of: ['design.md'] },
]

/** Titles of folders whose name alone would not say enough. */
const FOLDERS: Readonly<Record<string, string>> = { 'guides/migrate': 'Migrate from', 'reference/api': 'API' }

/** Returns Markdown as plain text. */
function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

function readPage(source: string, path: string): Page {
  const text = readFileSync(join(source, path), 'utf8').replace(/<!--[\s\S]*?-->|^---\n[\s\S]*?\n---\n/g, '')
  const title = /^# (.*)$/m.exec(text)?.[1]
  if (title === undefined) throw new Error(`${path} has no heading of level 1`)
  const paragraphs = text.slice(text.indexOf(`# ${title}`) + title.length + 2).split(/\n\s*\n/)
  const summary = paragraphs.find((one) => /^[^\s#|<>`!:-]/.test(one.trimStart())) ?? ''
  return { path, title: plain(title), summary: plain(summary) }
}

function titleOf(folder: string): string {
  const name = folder.split('/').at(-1) ?? folder
  return FOLDERS[folder] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll(/[-_]/g, ' ')
}

function sectionOf(plan: Plan, files: readonly string[], source: string): Section {
  const { title, of } = plan
  const elsewhere = new Set((plan.below ?? []).flatMap((one) => one.of))
  const folders = of.filter((entry) => !entry.endsWith('.md'))
  const named = of.filter((entry) => files.includes(entry))
  const others = files.filter(
    (file) => folders.includes(dirname(file)) && !named.includes(file) && !elsewhere.has(file),
  )
  const pages = others.map((path) => readPage(source, path)).sort((a, b) => a.title.localeCompare(b.title))
  const below = files.map((file) => dirname(file)).filter((folder) => folders.includes(dirname(folder)))
  const plans = [...new Set(below)].map((folder) => ({ title: titleOf(folder), of: [folder] }))
  return {
    title,
    pages: [...named.map((path) => readPage(source, path)), ...pages],
    below: [...(plan.below ?? []), ...plans].map((one) => sectionOf(one, files, source)),
  }
}

/** Returns all pages of sections. */
export function pagesOf(sections: readonly Section[]): readonly Page[] {
  return sections.flatMap(({ pages, below }) => [...pages, ...pagesOf(below)])
}

/**
 * Returns the sections that have pages, and each page of the documentation in one of them but the home.
 *
 * @throws {Error} when a page stands nowhere, or has no title
 */
export function sectionsOf(source: string): readonly Section[] {
  const files = globSync('**/*.md', { cwd: source, exclude: (name) => /^(?:node_modules|\.vitepress)$/.test(name) })
    .filter((file) => file !== 'index.md')
    .sort()
  const sections = PLANS.map((plan) => sectionOf(plan, files, source))
  const placed = pagesOf(sections).map(({ path }) => path)
  const lost = files.filter((file) => !placed.includes(file))
  if (lost.length > 0) throw new Error(`in no section of the documentation: ${lost.join(', ')}`)
  return sections.filter((section) => pagesOf([section]).length > 0)
}

/** Returns the sidebar: what is below a section is folded. */
export function sidebarOf(sections: readonly Section[], isBelow = false): DefaultTheme.SidebarItem[] {
  return sections.map(({ title, pages, below }) => ({
    text: title,
    ...(isBelow ? { collapsed: true } : {}),
    items: [
      ...pages.map(({ path, title: text }) => ({ text, link: `/${path.replace(/(?:index)?\.md$/, '')}` })),
      ...sidebarOf(below, true),
    ],
  }))
}
