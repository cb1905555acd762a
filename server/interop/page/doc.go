// Package page opens the page in a real Chromium without a GPU: as a simulation
// that needs no server, and live, with real clients and a server that breaks.
//
// What the page shows is read from its tables, which say in words what the
// picture draws; a person who cannot see the picture reads the same.
package page
