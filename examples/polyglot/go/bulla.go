// Access tokens of Bulla, opened offline: what an API in Go needs, with go-jose alone.
//
// It takes `direct` tokens with A256GCM for one API, as bearer tokens. Keys and the list of what was revoked it fetches itself, and keeps.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"gopkg.in/square/go-jose.v2"
)

const (
	day       = 86400
	tolerance = 10 // seconds by which this machine's clock may be behind the issuer's
)

var (
	form        = regexp.MustCompile(`^([A-Za-z0-9_-]{1,512})\.\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{22})$`)
	credentials = regexp.MustCompile("^([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?: (.*))?$")
	bearer      = regexp.MustCompile(`^ *([A-Za-z0-9._~+/-]+=*) *$`)
	second      = regexp.MustCompile(`(?i), *(?:bearer|dpop) `)
	scopes      = regexp.MustCompile(`^[!#-\[\]-~]+(?: [!#-\[\]-~]+)*$`)
	secure      = regexp.MustCompile(`^(https://|http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/|$))`)
	base64url   = base64.RawURLEncoding.Strict() // base64url in its one spelling
)

// refusal is why somebody is not let in: what they are told, and what the log is.
type refusal struct{ code, why string }

func (r refusal) Error() string { return r.code + ": " + r.why }

var answers = map[string]struct {
	status int
	said   string
}{
	"no_credentials":          {401, "The request has no access token."},
	"invalid_request":         {400, "The request is malformed."},
	"invalid_token":           {401, "The access token is invalid or has expired."},
	"insufficient_scope":      {403, "The access token lacks the scope that is needed here."},
	"temporarily_unavailable": {503, "Access tokens cannot be checked now; try again later."},
}

// answer refuses (RFC 6750 §3).
func (v *verifier) answer(w http.ResponseWriter, err error, scope string) {
	why, ok := err.(refusal)
	if !ok {
		why = refusal{"invalid_token", err.Error()}
	}
	log.Print(why)
	is := answers[why.code]
	told, body := "", struct {
		Error       string `json:"error,omitempty"`
		Description string `json:"error_description"`
	}{why.code, is.said}
	if why.code == "no_credentials" {
		body.Error = ""
	} else {
		told = fmt.Sprintf(`, error="%s", error_description="%s"`, why.code, is.said)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	if is.status == 503 {
		w.Header().Set("Retry-After", "5")
	} else {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s"%s, scope="%s"`, v.resource, told, scope))
	}
	w.WriteHeader(is.status)
	text, _ := json.Marshal(body)
	w.Write(text)
}

// No redirect is followed: a secret goes to the issuer alone.
var client = &http.Client{
	Timeout:       2500 * time.Millisecond,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// kept is what is fetched, kept, and fetched again before it is needed: by one request, beside which the others go on with what there is.
type kept[T any] struct {
	load                  func(known *T) (*T, error)
	every, hold, cooldown time.Duration
	fetching              sync.Mutex
	state                 sync.Mutex
	value                 *T
	at, tried             time.Time
}

func (k *kept[T]) now() (*T, time.Time, time.Time) {
	k.state.Lock()
	defer k.state.Unlock()
	return k.value, k.at, k.tried
}

func (k *kept[T]) get(isLacking bool) *T {
	asked := time.Now()
	value, at, _ := k.now()
	must := value == nil || isLacking || asked.Sub(at) >= k.hold
	if !must && asked.Sub(at) < k.every {
		return value
	}
	if must {
		k.fetching.Lock()
	} else if !k.fetching.TryLock() {
		return value
	}
	defer k.fetching.Unlock()
	value, _, tried := k.now()
	wait := k.cooldown
	if value == nil && wait > 5*time.Second {
		wait = 5 * time.Second
	}
	if tried.After(asked) || asked.Sub(tried) < wait {
		return value
	}
	started := time.Now()
	loaded, err := k.load(value)
	k.state.Lock()
	defer k.state.Unlock()
	k.tried = started
	if err != nil {
		log.Printf("a fetch failed: %v", err)
	} else {
		k.value, k.at = loaded, started
	}
	return k.value
}

// labels returns texts as bytes, each with its length before it.
func labels(texts ...string) (bytes []byte) {
	for _, text := range texts {
		bytes = append(binary.BigEndian.AppendUint16(bytes, uint16(len(text))), text...)
	}
	return
}

func digest(texts ...string) string {
	sum := sha256.Sum256(labels(texts...))
	return base64url.EncodeToString(sum[:])
}

type leaf struct {
	Kid, K, Enc string
	Nbf, Exp    int64
}

type keySet struct {
	Keys  []leaf
	Names []leaf `json:"names_keys"`
}

type list struct {
	Iss, Salt       string
	Iat, Epoch, Seq int64
	Events          map[string]map[string]int64
	etag            string
}

type claims struct {
	iss, sub, aud, clientID, jti, gid, scope string
	iat, exp                                 int64
}

// read reads claims by their names to the letter: Go would take the claim Scope, which anybody may have added, for scope.
func (is *claims) read(payload []byte) (said map[string]json.RawMessage, err error) {
	if err = json.Unmarshal(payload, &said); err != nil {
		return
	}
	for name, to := range map[string]interface{}{
		"iss": &is.iss, "sub": &is.sub, "aud": &is.aud, "client_id": &is.clientID, "jti": &is.jti, "gid": &is.gid,
		"scope": &is.scope, "iat": &is.iat, "exp": &is.exp,
	} {
		if text, isThere := said[name]; isThere {
			if err = json.Unmarshal(text, to); err != nil {
				return
			}
		}
	}
	return
}

// verifier opens access tokens for one API.
type verifier struct {
	issuer, resource, id, secret string
	keys                         kept[keySet]
	signers                      kept[jose.JSONWebKeySet]
	revoked                      kept[list]
}

// newVerifier returns a verifier. Keys are fetched anew after keysEvery; the list of what was revoked, for which requests wait, after listEvery.
func newVerifier(issuer, resource, id, secret string, keysEvery, listEvery time.Duration) (*verifier, error) {
	if !secure.MatchString(issuer) {
		return nil, errors.New("the issuer expected https, or this machine")
	}
	v := &verifier{issuer: issuer, resource: resource, id: id, secret: secret}
	least := func(a, b time.Duration) time.Duration {
		if a < b {
			return a
		}
		return b
	}
	cooldown := least(30*time.Second, keysEvery)
	v.keys = kept[keySet]{load: v.loadKeys, every: keysEvery, hold: 2 * keysEvery, cooldown: cooldown}
	v.signers = kept[jose.JSONWebKeySet]{load: v.loadSigners, every: time.Hour, hold: day * time.Second, cooldown: cooldown}
	v.revoked = kept[list]{load: v.loadRevoked, every: listEvery / 2, hold: listEvery, cooldown: least(5*time.Second, listEvery/2)}
	return v, nil
}

// fetch returns what stands at a path of the issuer; nothing where it has not changed.
func (v *verifier) fetch(path, etag string, longest int64) ([]byte, http.Header, error) {
	request, err := http.NewRequest("GET", v.issuer+path, nil)
	if err != nil {
		return nil, nil, err
	}
	if path == "/keys" {
		request.SetBasicAuth(url.QueryEscape(v.id), url.QueryEscape(v.secret))
	}
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == 304 && etag != "" {
		return nil, response.Header, nil
	}
	if response.StatusCode != 200 {
		return nil, nil, fmt.Errorf("%s answered %d", path, response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longest+1))
	if err == nil && int64(len(body)) > longest {
		err = errors.New("too long")
	}
	return body, response.Header, err
}

func (v *verifier) loadKeys(*keySet) (*keySet, error) {
	body, _, err := v.fetch("/keys", "", 65536)
	if err != nil {
		return nil, err
	}
	set := &keySet{}
	if err = json.Unmarshal(body, set); err == nil && len(set.Keys) == 0 {
		err = errors.New("no keys")
	}
	return set, err
}

func (v *verifier) loadSigners(*jose.JSONWebKeySet) (*jose.JSONWebKeySet, error) {
	body, _, err := v.fetch("/jwks", "", 65536)
	if err != nil {
		return nil, err
	}
	set := &jose.JSONWebKeySet{}
	return set, json.Unmarshal(body, set)
}

func (v *verifier) loadRevoked(known *list) (*list, error) {
	etag := ""
	if known != nil {
		etag = known.etag
	}
	body, header, err := v.fetch("/revocations", etag, 4_000_000)
	if err != nil {
		return nil, err
	}
	if body == nil {
		return known, nil // and grows old all the same, so that nobody can freeze it
	}
	signed, err := jose.ParseSigned(strings.TrimSpace(string(body)))
	if err != nil {
		return nil, err
	}
	by := signed.Signatures[0].Protected
	if len(signed.Signatures) != 1 || by.Algorithm != "ES256" || by.ExtraHeaders[jose.HeaderType] != "revocations+jwt" {
		return nil, errors.New("no list")
	}
	var keys []jose.JSONWebKey
	for _, isLacking := range []bool{false, true} {
		if set := v.signers.get(isLacking); set != nil && len(keys) == 0 {
			keys = set.Key(by.KeyID)
		}
	}
	if len(keys) != 1 {
		return nil, errors.New("no key of this issuer")
	}
	payload, err := signed.Verify(keys[0].Key)
	if err != nil {
		return nil, err
	}
	told := &list{etag: header.Get("ETag")}
	if err = json.Unmarshal(payload, told); err != nil {
		return nil, err
	}
	if told.Iss != v.issuer || told.Salt == "" || told.Events == nil || told.Iat > time.Now().Unix()+60 {
		return nil, errors.New("not of this issuer, or not of now")
	}
	if known != nil {
		isBack := told.Epoch < known.Epoch || told.Epoch == known.Epoch && told.Seq < known.Seq
		if told.Iat < known.Iat || isBack && told.Iat < known.Iat+60 {
			return nil, errors.New("older than what is known")
		}
	}
	return told, nil
}

// find returns the key of a kid; where there is none, once keys were asked for anew.
func (v *verifier) find(kid string) (leaf, error) {
	for _, isLacking := range []bool{false, true} {
		set := v.keys.get(isLacking)
		if set == nil {
			return leaf{}, refusal{"temporarily_unavailable", "there never were keys"}
		}
		for _, one := range set.Keys {
			if one.Kid == kid {
				return one, nil
			}
		}
	}
	return leaf{}, errors.New("no key of this kid")
}

// open returns the claims of a token for this API, now, and the kid of its key; an error for every other.
func (v *verifier) open(token string) (is claims, kid string, err error) {
	parts := form.FindStringSubmatch(token)
	if parts == nil || len(token) > 8192 {
		return is, "", errors.New("a form or a tag that is not ours")
	}
	var header []byte
	for i, part := range parts[1:] {
		bytes, err := base64url.DecodeString(part)
		if err != nil {
			return is, "", errors.New("another spelling")
		}
		if i == 0 {
			header = bytes
		}
	}
	var said map[string]string
	if err = json.Unmarshal(header, &said); err != nil {
		return is, "", err
	}
	if kid = said["kid"]; len(said) != 4 || said["typ"] != "at+jwe" || kid == "" {
		return is, "", errors.New("a header that is not ours")
	}
	if said["alg"] != "dir" || said["enc"] != "A256GCM" {
		return is, "", errors.New("an algorithm that is not ours")
	}
	by, err := v.find(kid)
	if err != nil {
		return is, "", err
	}
	now := time.Now().Unix()
	if by.Enc != "A256GCM" || now < by.Nbf-60 || now >= by.Exp+day+60 {
		return is, "", errors.New("no key of this kid, now")
	}
	key, err := base64url.DecodeString(by.K)
	if err != nil {
		return is, "", err
	}
	envelope, err := jose.ParseEncrypted(token)
	if err != nil {
		return is, "", err
	}
	payload, err := envelope.Decrypt(key)
	if err != nil {
		return is, "", err
	}
	all, err := is.read(payload)
	if err != nil {
		return is, "", err
	}
	if is.iss != v.issuer || is.aud != v.resource {
		return is, "", errors.New("for somebody else")
	}
	if is.sub == "" || is.clientID == "" || is.jti == "" {
		return is, "", errors.New("claims that are not ours")
	}
	if is.iat < 0 || now < is.iat-tolerance || now >= is.exp || is.exp > is.iat+day {
		return is, "", errors.New("not of now")
	}
	_, isForDetails := all["authorization_details"]
	if is.scope == "" && !isForDetails || is.scope != "" && !scopes.MatchString(is.scope) {
		return is, "", errors.New("a scope that is none")
	}
	if _, isBound := all["cnf"]; isBound {
		return is, "", errors.New("bound to a key, which nothing here proves")
	}
	return is, kid, nil
}

// checkRevoked returns an error where the issuer's list says that a token counts no more, or nobody can tell.
func (v *verifier) checkRevoked(is claims, kid string) error {
	told := v.revoked.get(false)
	now := time.Now().Unix()
	if told == nil || now-told.Iat > 60 || told.Iat-now > 60 {
		return refusal{"temporarily_unavailable", "the list of what was revoked is not of now"}
	}
	event := func(kind, value string) (int64, bool) {
		instant, isThere := told.Events[kind][digest("bulla/1/revoked", told.Salt, kind, value)[:16]]
		return instant, isThere
	}
	hidden := [][2]string{{"sub", is.sub}, {"app", digest("app", is.sub, is.clientID)}}
	if is.gid != "" {
		hidden = append(hidden, [2]string{"gid", is.gid})
	}
	parts := strings.Split(kid, ".")
	marks := append([][2]string{{"jti", is.jti}, {"client", is.clientID}, {"kid", kid}, {"kid", parts[0]}}, hidden...)
	if len(parts) > 2 {
		marks = append(marks, [2]string{"kid", parts[0] + "." + parts[1]})
	}
	for _, mark := range marks {
		if instant, isThere := event(mark[0], mark[1]); isThere && is.iat <= instant {
			return errors.New("revoked")
		}
	}
	branch, lowest := int64(1), int64(1)
	if len(parts) > 2 {
		branch, _ = strconv.ParseInt(parts[2], 10, 64)
	}
	if instant, isThere := event("resource", is.aud); isThere {
		lowest = instant
	}
	if branch < lowest {
		return errors.New("under a branch that counts no more")
	}
	if _, isThere := told.Events["name"]; !isThere {
		return nil
	}
	names, err := v.namesOf(parts[0])
	if err != nil {
		return err
	}
	for _, key := range names {
		for _, one := range hidden {
			mac := hmac.New(sha256.New, key)
			mac.Write(labels("bulla/1/name", one[0], one[1]))
			sum := mac.Sum(nil)
			shift := int64(binary.BigEndian.Uint64(append(make([]byte, 3), sum[16:21]...)))
			instant, isThere := event("name", base64url.EncodeToString(sum[:16]))
			if isThere && is.iat <= instant-shift {
				return errors.New("revoked")
			}
		}
	}
	return nil
}

// namesOf returns the keys of a root by which this API alone can tell who was revoked.
func (v *verifier) namesOf(root string) (names [][]byte, err error) {
	for _, isLacking := range []bool{false, true} {
		set := v.keys.get(isLacking)
		for _, one := range set.Names {
			if key, err := base64url.DecodeString(one.K); one.Kid == root && err == nil {
				names = append(names, key)
			}
		}
		if len(names) > 0 {
			return names, nil
		}
	}
	return nil, refusal{"temporarily_unavailable", "no key tells who was revoked"}
}

// verify returns the claims of who asks, if they may; scope is what is needed, with spaces between.
func (v *verifier) verify(r *http.Request, scope string) (is claims, err error) {
	lines := r.Header.Values("Authorization")
	if len(lines) > 1 || len(lines) == 1 && second.MatchString(lines[0]) {
		return is, refusal{"invalid_request", "two Authorization headers"}
	}
	var found []string
	if len(lines) == 1 {
		found = credentials.FindStringSubmatch(lines[0])
	}
	if found == nil || !strings.EqualFold(found[1], "bearer") {
		return is, refusal{"no_credentials", "no bearer token"}
	}
	token := bearer.FindStringSubmatch(found[2])
	if token == nil || r.URL.Query().Has("access_token") {
		return is, refusal{"invalid_request", "a header that is malformed, or a token in the query too"}
	}
	is, kid, err := v.open(token[1])
	if err != nil {
		return is, err
	}
	if err = v.checkRevoked(is, kid); err != nil {
		return is, err
	}
	granted := strings.Split(is.scope, " ")
	for _, needed := range strings.Split(scope, " ") {
		if !contains(granted, needed) {
			return is, refusal{"insufficient_scope", "lacks " + needed}
		}
	}
	return is, nil
}

func contains(all []string, one string) bool {
	for _, other := range all {
		if other == one {
			return true
		}
	}
	return false
}
