import { expect, it } from 'vitest'
import { createKeyring, type Ring, revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { type IssuerEvent, type IssuerSettings, type LogEntry, readBindings } from '../../src/index.ts'
import { createKeyRing } from '../../src/stores/key_ring.ts'
import { API, ISSUER, NOW, named, testIssuer, testKey, testRing, tokenRequest, VARS } from '../fixtures.ts'

const SUBJECT = 'client:service'

/** Returns what the event of a token says of its subject. */
async function subjectOf(changes: Partial<IssuerSettings> = {}): Promise<string | undefined> {
  const told: IssuerEvent[] = []
  const issuer = testIssuer({ ...changes, onEvent: (event) => void told.push(event) })
  expect((await issuer.fetch(tokenRequest())).status).toBe(200)
  await expect.poll(() => told.map(({ type }) => type)).toEqual(['token.issued'])
  return told[0]?.subject
}

/** A ring of two roots, and an instant at which the second is primary. */
const [TWO, LATER] = ((): [Ring, number] => {
  const rotation = rotateRing(testRing(NOW), { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return [named(rotation.ring), rotation.added.use]
})()

it('a subject in events is a pseudonym of the ring, the same in every process as long as its root is primary', async () => {
  const name = createKeyring(testRing(NOW), ISSUER).eventName(SUBJECT, NOW)
  expect(name).toMatch(/^[A-Za-z0-9_-]{22}$/)
  expect([await subjectOf(), await subjectOf({ eventSubjects: 'hash' })]).toEqual([name, name])
  const issuers = ['https://a.example', 'https://b.example'].map((issuer) => createKeyring(testRing(NOW), issuer))
  expect(new Set(issuers.map(({ eventName }) => eventName(SUBJECT, NOW))).size).toBe(2)
})

// promise: O03
it('a subject in events is another with the next root, so that a pseudonym lives no longer than one', async () => {
  const at = (now: number): Promise<string | undefined> => subjectOf({ keyRing: writeRing(TWO), now: () => now })
  const names = [await at(NOW), await at(LATER)]
  expect(new Set(names).size).toBe(2)
  const known = createKeyring(TWO, ISSUER).eventNames(SUBJECT)
  expect(known.map(({ name }) => name)).toEqual(names)
  expect(known.map(({ end }) => end)[0]).toBe(LATER)
})

it('a subject is found again in events under a root that is revoked since, and nobody is called by it any more', () => {
  const { eventName, eventNames } = createKeyring(revokeRoot(TWO, 'r1'), ISSUER)
  expect(eventName(SUBJECT, NOW)).toBeUndefined()
  expect(eventNames(SUBJECT)).toEqual(createKeyring(TWO, ISSUER).eventNames(SUBJECT))
})

it('a subject in events is called as in tokens where the operator says so, and not at all where he wants none', async () => {
  expect([await subjectOf({ eventSubjects: 'plain' }), await subjectOf({ eventSubjects: 'none' })]).toEqual([
    SUBJECT,
    undefined,
  ])
})

it('an event names nobody where no root is primary, and is told', async () => {
  const told: IssuerEvent[] = []
  const issuer = testIssuer({ keyRing: undefined, onEvent: (event) => void told.push(event) })
  expect((await issuer.fetch(tokenRequest())).status).toBe(503)
  await expect.poll(() => told.map(({ type }) => type)).toEqual(['ring.changed', 'token.refused'])
  expect(told.map(({ subject }) => subject)).toEqual([undefined, undefined])
})

it.each(['sha256', '', true, null])('the setting eventSubjects: %j is refused', (eventSubjects) => {
  const changes = { eventSubjects } as unknown as Partial<IssuerSettings>
  expect(() => testIssuer(changes)).toThrow(/"eventSubjects" expected/)
})

it('pseudonyms in events hold people apart as they are called, pairwise names too', () => {
  const { eventName } = createKeyring(testRing(NOW), ISSUER)
  const names = ['alice', 'Alice', 'alice ', API].map((subject) => eventName(subject, NOW))
  expect(new Set(names).size).toBe(names.length)
})

it.each([
  ['there is none', undefined, NOW, undefined],
  ['no root of it is primary any more', writeRing(testRing(NOW)), NOW + 3e8, undefined],
  ['a root is primary', writeRing(testRing(NOW)), NOW, createKeyring(testRing(NOW), ISSUER).eventName(SUBJECT, NOW)],
])('a ring names a subject in events, or nobody, and never fails or says so: %s', (_, ring, now, name) => {
  const lines: LogEntry[] = []
  const { eventName } = createKeyRing({
    texts: { ring, next: undefined },
    issuer: ISSUER,
    longestLife: 600,
    log: (line) => lines.push(line),
  })
  expect(eventName(SUBJECT, now)).toBe(name)
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
})

it.each(['hash', 'plain', 'none'])('EVENT_SUBJECTS = "%s" says so in the settings of a Worker', (EVENT_SUBJECTS) => {
  expect(readBindings({ ...VARS, EVENT_SUBJECTS }).eventSubjects).toBe(EVENT_SUBJECTS)
})
