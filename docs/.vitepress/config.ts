import { defineConfig } from 'vitepress'

/** The site of the documentation. */
export default defineConfig({
  title: 'Bulla',
  description: 'An OAuth 2.1 authorization server without a database',
  cleanUrls: true,
  themeConfig: { search: { provider: 'local' } },
})
