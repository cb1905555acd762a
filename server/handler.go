package main

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"

	"bitacora/server/hub"
	"bitacora/server/live"
	"bitacora/server/metrics"
	"bitacora/static"
)

// newHandler is everything that the program answers by HTTP: the page and its
// frames, the API for faults, /healthz, and /metrics.
func newHandler(source *live.Source, token string) (http.Handler, *hub.Hub, error) {
	files, err := static.Files()
	if err != nil {
		return nil, nil, fmt.Errorf("the page's files: %w", err)
	}
	allowed := func(r *http.Request) bool { return authorized(r, token) }
	h, err := hub.New(hub.Config{Source: source, Files: files, Version: version, Authorized: allowed})
	if err != nil {
		return nil, nil, fmt.Errorf("the page: %w", err)
	}
	mux := http.NewServeMux()
	h.Register(mux)
	hub.RegisterAPI(mux, source, allowed)
	mux.Handle("GET /metrics", metrics.Handler(source))
	return hub.Guard(token == "", mux), h, nil
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
