import { describe, expect, it } from 'vitest'
import {
  checkIssuer,
  checkResource,
  findResource,
  findResources,
  hasHost,
  isLoopback,
  isResourceUri,
  isSameResource,
} from '../../keys/identifier.ts'

describe('the URL of an issuer', () => {
  it.each([
    'https://as.example',
    'https://as.example:8443',
    'https://as.example/tenant/a',
    'https://192.0.2.1',
    'http://localhost:8787',
    'http://127.0.0.1',
    'http://[::1]:8787/a',
  ])('can be %s', (issuer) => {
    expect(() => checkIssuer('issuer', issuer)).not.toThrow()
  })

  it.each([
    ['no URL', 'as.example', 'https, without query or fragment'],
    ['of another scheme', 'ftp://as.example', 'https, without query or fragment'],
    ['something before it', ' https://as.example', 'https, without query or fragment'],
    ['something behind it', 'https://as.example ', 'https, without query or fragment'],
    ['with a query', 'https://as.example?a', 'https, without query or fragment'],
    ['with a fragment', 'https://as.example#a', 'https, without query or fragment'],
    ['no more than a scheme', 'https://:', 'in its plain form'],
    ['in capitals', 'https://AS.example', 'in its plain form'],
    ['with its own port', 'https://as.example:443', 'in its plain form'],
    ['with a user', 'https://user@as.example', 'in its plain form'],
    ['with a slash at the end', 'https://as.example/', 'in its plain form'],
    ['with a slash behind its path', 'https://as.example/a/', 'in its plain form'],
    ['with dots in its path', 'https://as.example/a/../b', 'in its plain form'],
    ['a pattern of hosts', 'https://*.example', 'in its plain form'],
    ['http elsewhere than here', 'http://as.example', 'expected https; http only on localhost'],
    ['http at a host that begins as here', 'http://localhost.example', 'expected https; http only on localhost'],
  ])('is refused where it is %s (RFC 8414 §2)', (_, issuer, message) => {
    expect(() => checkIssuer('issuer', issuer)).toThrow(RangeError)
    expect(() => checkIssuer('issuer', issuer)).toThrow(message)
  })

  it('is a text', () => {
    expect(() => checkIssuer('issuer', 1)).toThrow(TypeError)
  })
})

describe('a host', () => {
  it.each([
    ['http://localhost', true],
    ['http://127.0.0.1:80/a', true],
    ['https://[::1]', true],
    ['http://localhost.example', false],
    ['http://127.0.0.2', false],
    ['localhost', false],
  ])('of %s is this very machine: %s', (url, isHere) => {
    expect(isLoopback(url)).toBe(isHere)
  })

  it.each([
    ['https://api.example', true],
    ['https://a_b-1.example', true],
    ['https://192.0.2.1', true],
    ['https://[2001:db8::1]', true],
    ['https://*.example', false],
    ["https://a'b.example", false],
    ['https://example.*', false],
    ['https://', false],
  ])('is named by %s: %s', (url, isNamed) => {
    expect(hasHost(url)).toBe(isNamed)
  })
})

describe('the URI of a resource', () => {
  it.each([
    ['https://api.example', true],
    ['urn:example:api?a=!$;~_', true],
    ['a+b.c-1:x', true],
    ['https://*.example', false],
    ['http://*.example', false],
    ['HTTPS://*.example', false],
    ['urn:https://*.example', true],
    ['1a:x', false],
    ['urn:', false],
    ['urn:example:"a"', false],
    ['urn:example:<a>', false],
    ['urn:example:a#b', false],
    ['urn:example:a b', false],
    ['x urn:example:a', false],
    [' urn:example:a', false],
    ['https://[', false],
  ])('is %s: %s (RFC 8707 §2)', (text, isUri) => {
    expect(isResourceUri(text)).toBe(isUri)
    const check = (): void => checkResource('it', text)
    if (isUri) expect(check).not.toThrow()
    else expect(check).toThrow(new RangeError('"it" expected the URI of the resource: absolute, without a fragment'))
  })

  it('is a text', () => {
    expect(() => checkResource('it', undefined)).toThrow(
      new TypeError('"it" expected the URI of the resource: absolute, without a fragment, got nothing'),
    )
  })

  it.each([
    ['https://api.example', 'https://api.example/'],
    ['https://api.example', 'HTTPS://API.EXAMPLE:443/'],
    ['http://api.example', 'http://api.example:80'],
    ['https://api.example/?a', 'https://api.example?a'],
    ['https://u@api.example/a', 'https://u@API.example/a'],
    ['https://user@api.example', 'https://user@API.example:443/'],
    ['urn:a:b', 'urn:a:b'],
  ])('%s is the same as %s (RFC 3986 §6.2)', (one, other) => {
    expect([isSameResource(one, other), isSameResource(other, one)]).toEqual([true, true])
    expect(findResource(new Set(['urn:other', one]), other)).toBe(one)
    expect(findResource(['urn:other', one].values(), other)).toBe(one)
    expect(findResources(['urn:other', one].values(), [other, other, 'urn:none'])).toEqual([one, undefined])
  })

  it.each([
    ['https://api.example', 'http://api.example'],
    ['https://api.example', 'https://api.example:80'],
    ['http://api.example', 'http://api.example:443'],
    ['https://api.example', 'https://api.example:4431'],
    ['https://api.example1', 'https://api.example:4431'],
    ['http://api.example80', 'http://api.example:8080'],
    ['https://api.example/a', 'https://api.example/a/'],
    ['https://api.example/a', 'https://api.example/A'],
    ['https://api.example/a', 'https://api.example//a'],
    ['https://api.example', 'https://api.example?'],
    ['https://u@api.example', 'https://U@api.example'],
    ['https://user@api.example', 'https://uSER@api.example'],
    // A capital S is what both letters have.
    ['https://s.example', 'https://\u017f.example'],
    ['https://api.example', 'https://u@api.example'],
    ['urn:a:b', 'URN:a:b'],
    ['urn:a:https://h', 'urn:a:https://h/'],
  ])('%s is another than %s (RFC 3986 §6.2)', (one, other) => {
    expect([isSameResource(one, other), isSameResource(other, one)]).toEqual([false, false])
    expect(findResource(new Set([one]), other)).toBeUndefined()
    expect(findResources([one], [other])).toEqual([undefined])
  })

  it('is given back in the spelling that is asked for, where a set has that too', () => {
    const both = ['https://api.example', 'https://api.example/']
    expect(both.map((uri) => findResource(new Set(both), uri))).toEqual(both)
    expect(both.map((uri) => findResource(both, uri))).toEqual([both[0], both[0]])
    expect(findResources(both, both)).toEqual(both)
  })
})
