import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSqlite } from './store.ts'

describe('a file of SQLite stands still', () => {
  let folder: string
  let issuer: DatabaseSync

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bulla-store-'))
    issuer = new DatabaseSync(join(folder, 'bulla.sqlite'))
    issuer.exec('CREATE TABLE any (one)')
  })

  afterEach(() => {
    issuer.close()
    rmSync(folder, { recursive: true })
  })

  const write = (): void => issuer.exec('INSERT INTO any VALUES (1)')

  it('from when the issuer has written, and no longer than it shall', async () => {
    issuer.exec('BEGIN IMMEDIATE')
    const paused = openSqlite(folder).pause(500)
    await new Promise((resolve) => setTimeout(resolve, 50))
    issuer.exec('COMMIT')
    await vi.waitFor(() => expect(write).toThrow('database is locked'), { interval: 1 })
    expect(await paused).toBe(true)
    write()
  })

  it('already, where an issuer stopped while it wrote', async () => {
    issuer.exec('BEGIN IMMEDIATE')
    expect(await openSqlite(folder).pause(30)).toBe(false)
    issuer.exec('COMMIT')
    write()
  })
})
