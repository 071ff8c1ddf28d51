import { describe, expect, it } from 'vitest'
import { createClientNames, MOST_CLIENTS } from '../../src/opentelemetry/client_names.ts'

describe('the names by which metrics count clients', () => {
  it('are 200, and then "other": what is named once stays so', () => {
    const nameClient = createClientNames()
    const ids = Array.from({ length: MOST_CLIENTS + 50 }, (_, index) => `client-${index}`)
    const named = ids.map(nameClient)
    expect(named.slice(0, MOST_CLIENTS)).toEqual(ids.slice(0, MOST_CLIENTS))
    expect(new Set(named.slice(MOST_CLIENTS))).toEqual(new Set(['other']))
    expect(nameClient('client-7')).toBe('client-7')
  })

  // promise: O15
  it('have no place for who walked in: strangers can be as many as they like', () => {
    const nameClient = createClientNames()
    for (let count = 0; count < 1000; count++)
      expect([nameClient(`dcr.${count}`), nameClient(`https://${count}.example/app.json`)]).toEqual(['other', 'other'])
    expect(nameClient('billing')).toBe('billing')
  })
})
