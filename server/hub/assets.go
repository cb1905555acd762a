package hub

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// asset is one file as it is sent.
type asset struct {
	contentType string
	plain       []byte
	brotli      []byte // nil where compressing gains nothing
	tag         string
}

// contentTypes are those of the page's files; mime.TypeByExtension would ask the
// machine it runs on.
var contentTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".wasm": "application/wasm", ".woff2": "font/woff2", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// loadAssets reads all files once; they are few, and lie in the program anyway.
func loadAssets(files fs.FS) (map[string]*asset, error) {
	all := map[string]*asset{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".br" {
			return err
		}
		kind, known := contentTypes[path.Ext(name)]
		if !known {
			return nil
		}
		a := &asset{contentType: kind}
		if a.plain, err = fs.ReadFile(files, name); err != nil {
			return err
		}
		if compressed, err := fs.ReadFile(files, name+".br"); err == nil {
			a.brotli = compressed
		}
		sum := sha256.Sum256(a.plain)
		a.tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		all[name] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page's files: %w", err)
	}
	return all, nil
}

// serveAsset answers GET /static/NAME. A browser asks each time whether its copy
// is still the one: a new program must never meet an old script.
func (h *Hub) serveAsset(w http.ResponseWriter, r *http.Request) {
	a := h.assets[r.PathValue("name")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", a.tag)
	header.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	if a.brotli != nil && accepts(r, "br") {
		header.Set("Content-Encoding", "br")
		body = a.brotli
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		// The other end may be gone; there is nobody to tell.
		_, _ = w.Write(body)
	}
}

// accepts says whether a request takes an encoding.
func accepts(r *http.Request, encoding string) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == encoding && strings.TrimSpace(q) != "q=0" {
			return true
		}
	}
	return false
}
