/**
 * The site of the documentation: `npm run docs` makes it of the same Markdown that GitHub shows.
 *
 * A new page needs no line here: the sidebar comes of the folders and the headings, `llms.txt` of the sidebar.
 *
 * @module
 */

import { defineConfig } from 'vitepress'
import { writeForAgents } from './agents.ts'
import { anchorOf, linksToRepository, REPOSITORY } from './links.ts'
import { writeOpenPage } from './open/build.ts'
import { withPolicy } from './policy.ts'
import { pagesOf, sectionsOf, sidebarOf } from './sections.ts'

const SOURCE = new URL('..', import.meta.url).pathname

/** Refuses to go on: a warning that nobody has to heed is read by nobody. */
function refuse(message: string): never {
  throw new Error(message)
}

const sections = sectionsOf(SOURCE)

export default defineConfig({
  title: 'Bulla',
  description:
    'An OAuth 2.1 authorization server without a database: every token is a sealed envelope that an API opens offline.',
  lang: 'en',
  metaChunk: true,
  // Else a change of the scheme would put an element of style into the page, which its policy forbids.
  appearance: { disableTransition: false },
  // The servers of the guides run where their reader is.
  ignoreDeadLinks: [/^https?:\/\/localhost/],
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { caddy: 'nginx' },
    anchor: { slugify: anchorOf },
    config: (md) => linksToRepository(md, SOURCE),
  },
  themeConfig: {
    nav: [
      { text: 'Start', link: '/start/getting-started' },
      { text: 'Runbooks', link: '/guides/runbooks' },
      { text: 'Settings', link: '/reference/settings' },
      { text: 'Open a token', link: '/open.html', target: '_self' },
    ],
    sidebar: sidebarOf(sections),
    outline: [2, 3],
    externalLinkIcon: true,
    editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    search: {
      provider: 'local',
      options: { detailedView: true },
    },
  },
  transformPageData(page) {
    const { summary } = pagesOf(sections).find(({ path }) => path === page.relativePath) ?? {}
    if (page.relativePath !== 'index.md') return summary === undefined ? undefined : { description: summary }
    return { frontmatter: { ...page.frontmatter, sidebar: false, aside: false, editLink: false, pageClass: 'home' } }
  },
  transformHead({ page, siteData }) {
    return page === '404.md'
      ? []
      : [['link', { rel: 'alternate', type: 'text/markdown', href: `${siteData.base}${page}` }]]
  },
  transformHtml: withPolicy,
  async buildEnd({ outDir }) {
    writeForAgents(sections, SOURCE, outDir)
    await writeOpenPage(outDir)
  },
  vite: {
    customLogger: {
      hasWarned: false,
      info: (message) => console.info(message),
      warn: refuse,
      warnOnce: refuse,
      error: (message) => console.error(message),
      clearScreen: () => undefined,
      hasErrorLogged: () => false,
    },
    build: { chunkSizeWarningLimit: 4096 },
  },
})
