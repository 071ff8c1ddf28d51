# A peer by Ruby's json-jwt: does the jobs on stdin, as peers.test.ts describes them.

require 'json/jwt'

# json-jwt makes no keys: Ruby's OpenSSL would, but there is nothing that json-jwt could do with these.
def make(job)
  raise NotImplementedError, job['kind']
end

# A shared key json-jwt takes as bytes: of a JWK it would take the text.
def key_of(jwk)
  jwk['kty'] == 'oct' ? Base64.urlsafe_decode64(jwk['k']) : JSON::JWK.new(jwk).to_key
end

def find(keys, kid)
  keys['keys'].find { |jwk| jwk['kid'] == kid } || raise(KeyError, 'no key of this kid')
end

def open_token(job)
  header = JSON.parse(Base64.urlsafe_decode64(job['token'].split('.').first))
  key = key_of(find(job['keys'], header['kid']))
  envelope = JSON::JWE.decode_compact_serialized(job['token'], key, job['alg'], job['enc'])
  if job['jwks'].nil?
    raise 'another typ' unless envelope.header['typ'] == 'at+jwe'
    return JSON.parse(envelope.plain_text)
  end
  raise 'another cty' unless envelope.header['cty'] == 'JWT'
  kid = JSON.parse(Base64.urlsafe_decode64(envelope.plain_text.split('.').first))['kid']
  signed = JSON::JWT.decode(envelope.plain_text, key_of(find(job['jwks'], kid)), job['sig'].to_sym)
  raise 'another typ' unless signed.header['typ'] == 'at+jwt'
  signed.to_h
end

def seal(job)
  payload = job['payload']
  unless job['sign'].nil?
    jwt = JSON::JWT.new(JSON.parse(payload))
    jwt.header = job['sign']['header'].slice('kid', 'typ')
    payload = jwt.sign(key_of(job['sign']['key']), job['sign']['header']['alg'].to_sym).to_s
  end
  envelope = JSON::JWE.new(payload)
  envelope.header = job['header'].transform_keys(&:to_sym)
  envelope.encrypt!(key_of(job['key'])).to_s
end

def perform(job)
  { value: { 'make' => method(:make), 'open' => method(:open_token), 'seal' => method(:seal) }[job['do']].call(job) }
rescue StandardError, NotImplementedError => e
  { error: "#{e.class}: #{e.message}" }
end

puts JSON.generate(JSON.parse($stdin.read).map { |job| perform(job) })
