package main

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"bitacora/server/hub"
	"bitacora/server/live"
)

// newHandler is everything that the program answers by HTTP.
func newHandler(running *live.Cluster, token string) http.Handler {
	mux := http.NewServeMux()
	hub.RegisterAPI(mux, running, func(r *http.Request) bool { return authorized(r, token) })
	return mux
}

// authorized says whether a request carries the token, where one is needed.
func authorized(r *http.Request, token string) bool {
	if token == "" {
		return true
	}
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if given == "" {
		given = r.URL.Query().Get("token")
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}
