// Package static carries the page's built files: scripts, styles, fonts and
// WebAssembly, each beside its brotli form. They are made by `make static`
// before anything that embeds them is built.
package static

import (
	"embed"
	"io/fs"
)

//go:embed all:build
var built embed.FS

// Files are the built files, by their names (main.js, style.css.br, ...).
func Files() (fs.FS, error) { return fs.Sub(built, "build") }
