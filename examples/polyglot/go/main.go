// The API in Go: what is in its name stands in bulla.go, and is the same for every router.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func seconds(name, otherwise string) time.Duration {
	value, err := strconv.Atoi(env(name, otherwise))
	if err != nil || value < 1 {
		log.Fatalf("%s expected seconds", name)
	}
	return time.Duration(value) * time.Second
}

func main() {
	const resource = "https://api.example.com"
	v, err := newVerifier(env("ISSUER", "http://localhost:8787"), resource, "orders-api", os.Getenv("CLIENT_SECRET"),
		seconds("KEYS_EVERY", "1800"), seconds("LIST_EVERY", "10"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/orders/", func(w http.ResponseWriter, r *http.Request) {
		scope := map[string]string{"GET": "orders:read", "POST": "orders:read orders:write"}[r.Method]
		if scope == "" {
			http.Error(w, "only GET and POST", http.StatusMethodNotAllowed)
			return
		}
		who, err := v.verify(r, scope)
		if err != nil {
			v.answer(w, err, scope)
			return
		}
		said := map[string]interface{}{"id": strings.TrimPrefix(r.URL.Path, "/orders/"), "client": who.clientID}
		if r.Method == "POST" {
			said["changed"] = true
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(said)
	})
	server := &http.Server{Addr: "127.0.0.1:" + env("PORT", "3002"), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}
