// A peer by Go's go-jose: does the jobs on stdin, as peers.test.ts describes them.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"gopkg.in/square/go-jose.v2"
)

type jwk = json.RawMessage

type jwkSet struct {
	Keys []jwk `json:"keys"`
}

type header struct {
	Alg string `json:"alg"`
	Enc string `json:"enc"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
	Cty string `json:"cty"`
}

type job struct {
	Do      string  `json:"do"`
	Kind    string  `json:"kind"`
	Token   string  `json:"token"`
	Keys    jwkSet  `json:"keys"`
	Alg     string  `json:"alg"`
	Enc     string  `json:"enc"`
	Jwks    *jwkSet `json:"jwks"`
	Sig     string  `json:"sig"`
	Payload string  `json:"payload"`
	Header  header  `json:"header"`
	Key     jwk     `json:"key"`
	Sign    *struct {
		Header header `json:"header"`
		Key    jwk    `json:"key"`
	} `json:"sign"`
}

type result struct {
	Value interface{} `json:"value,omitempty"`
	Error string      `json:"error,omitempty"`
}

// read returns the bare key of a JWK.
func read(text jwk) (interface{}, error) {
	var key jose.JSONWebKey
	err := key.UnmarshalJSON(text)
	return key.Key, err
}

func (set jwkSet) find(kid string) (interface{}, error) {
	for _, text := range set.Keys {
		var named header
		if json.Unmarshal(text, &named) == nil && named.Kid == kid {
			return read(text)
		}
	}
	return nil, errors.New("no key of this kid")
}

func makeKey(kind string) (interface{}, error) {
	switch kind {
	case "P-256":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return jose.JSONWebKey{Key: key}, err
	case "RSA":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		return jose.JSONWebKey{Key: key}, err
	}
	return nil, errors.New("unknown kind")
}

func open(j job) (interface{}, error) {
	envelope, err := jose.ParseEncrypted(j.Token)
	if err != nil {
		return nil, err
	}
	said := envelope.Header
	if said.Algorithm != j.Alg || said.ExtraHeaders["enc"] != j.Enc {
		return nil, errors.New("another algorithm")
	}
	key, err := j.Keys.find(said.KeyID)
	if err != nil {
		return nil, err
	}
	plaintext, err := envelope.Decrypt(key)
	if err != nil {
		return nil, err
	}
	if j.Jwks == nil {
		if said.ExtraHeaders[jose.HeaderType] != "at+jwe" {
			return nil, errors.New("another typ")
		}
		return jwk(plaintext), nil
	}
	if said.ExtraHeaders[jose.HeaderContentType] != "JWT" {
		return nil, errors.New("another cty")
	}
	signed, err := jose.ParseSigned(string(plaintext))
	if err != nil {
		return nil, err
	}
	by := signed.Signatures[0].Protected
	if by.Algorithm != j.Sig || by.ExtraHeaders[jose.HeaderType] != "at+jwt" {
		return nil, errors.New("another algorithm or typ")
	}
	if key, err = j.Jwks.find(by.KeyID); err != nil {
		return nil, err
	}
	payload, err := signed.Verify(key)
	return jwk(payload), err
}

func seal(j job) (interface{}, error) {
	payload := j.Payload
	if j.Sign != nil {
		key, err := read(j.Sign.Key)
		if err != nil {
			return nil, err
		}
		by := jose.SigningKey{
			Algorithm: jose.SignatureAlgorithm(j.Sign.Header.Alg),
			Key:       jose.JSONWebKey{Key: key, KeyID: j.Sign.Header.Kid},
		}
		signer, err := jose.NewSigner(by, (&jose.SignerOptions{}).WithType(jose.ContentType(j.Sign.Header.Typ)))
		if err != nil {
			return nil, err
		}
		signed, err := signer.Sign([]byte(payload))
		if err != nil {
			return nil, err
		}
		if payload, err = signed.CompactSerialize(); err != nil {
			return nil, err
		}
	}
	key, err := read(j.Key)
	if err != nil {
		return nil, err
	}
	options := &jose.EncrypterOptions{}
	if j.Header.Typ != "" {
		options.WithType(jose.ContentType(j.Header.Typ))
	}
	if j.Header.Cty != "" {
		options.WithContentType(jose.ContentType(j.Header.Cty))
	}
	to := jose.Recipient{Algorithm: jose.KeyAlgorithm(j.Header.Alg), Key: key, KeyID: j.Header.Kid}
	encrypter, err := jose.NewEncrypter(jose.ContentEncryption(j.Header.Enc), to, options)
	if err != nil {
		return nil, err
	}
	envelope, err := encrypter.Encrypt([]byte(payload))
	if err != nil {
		return nil, err
	}
	return envelope.CompactSerialize()
}

func do(j job) (interface{}, error) {
	switch j.Do {
	case "make":
		return makeKey(j.Kind)
	case "open":
		return open(j)
	case "seal":
		return seal(j)
	}
	return nil, errors.New("unknown job")
}

func main() {
	var jobs []job
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		panic(err)
	}
	results := []result{}
	for _, j := range jobs {
		value, err := do(j)
		if err != nil {
			results = append(results, result{Error: fmt.Sprint(err)})
		} else {
			results = append(results, result{Value: value})
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}
