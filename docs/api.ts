/**
 * Makes the pages of the API from the comments in the sources: one in `docs/reference/api/` for each entry of the package.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application, type TypeDocOptions } from 'typedoc'
import { MarkdownPageEvent } from 'typedoc-plugin-markdown'

const ROOT = join(import.meta.dirname, '..')
const { exports, repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
  readonly repository?: { readonly url: string }
}

/** The entries, by the name that TypeDoc gives to their sources. */
const entries = new Map<string, { readonly name: string; readonly source: string }>()
for (const [path, target] of Object.entries(exports)) {
  if (typeof target === 'string') continue
  const source = target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts')
  entries.set(source.replace(/(?:\/index)?\.ts$/, ''), { name: path.replace('.', 'bulla'), source })
}

/** Where people read the sources; nothing where the package does not say. */
const shown = repository?.url.replace(/^git\+|\.git$/g, '')

const options: TypeDocOptions & Readonly<Record<string, unknown>> = {
  name: 'API',
  entryPoints: [...entries.values()].map(({ source }) => join(ROOT, source)),
  tsconfig: join(ROOT, 'tsconfig.json'),
  basePath: ROOT,
  plugin: ['typedoc-plugin-markdown'],
  out: join(ROOT, 'docs/reference/api'),
  router: 'module',
  entryFileName: 'index',
  flattenOutputFiles: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  readme: 'none',
  indexFormat: 'table',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  // Members are readonly, and stand in the file that their heading names.
  tableColumnSettings: { hideSources: true, hideModifiers: true },
  // `npm run types` has done that.
  skipErrorChecking: true,
  // Of Node's requests only what is ours.
  excludeExternals: true,
  disableSources: shown === undefined,
  ...(shown !== undefined && { sourceLinkTemplate: `${shown}/blob/main/{path}#L{line}`, disableGit: true }),
  validation: { notExported: false, invalidLink: true, notDocumented: true, rewrittenLink: true },
  requiredToBeDocumented: ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable'],
}
const application = await Application.bootstrapWithPlugins(options)
// A comment names a page by its path in the package, which is a link on the page.
application.renderer.on(MarkdownPageEvent.END, (page) => {
  page.contents = page.contents?.replace(/\bdocs\/([\w/-]+\.md(?:#[\w-]+)?)/g, (_, path) => `[${path}](../../${path})`)
})
const project = await application.convert()
for (const module of project?.children ?? []) {
  module.name = entries.get(module.name)?.name ?? module.name
}
if (project !== undefined) {
  application.validate(project)
  await application.generateOutputs(project)
}
if (project === undefined || application.logger.hasErrors() || application.logger.hasWarnings()) process.exit(1)
