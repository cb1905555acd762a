// Package hub serves the page and what it shows: HTTP for the page and its
// assets (compressed at build), a WebSocket for frames and commands, a small
// JSON API for faults, and /healthz.
//
// A frame is made and encoded once, however many watch; a viewer that does not
// keep up is sent a key frame instead of what it missed. Nobody watching costs
// nothing. What changes the cluster needs a token where the hub listens wider
// than loopback; a WebSocket's origin must be the page's own.
//
// In go a Source and static files; out comes an http.Handler.
//
// Not modelled: rooms, presenters, recording.
package hub
