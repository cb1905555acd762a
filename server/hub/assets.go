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
	"sync"
)

// asset is one file. It is read when it is first asked for: to copy and hash the
// WebAssembly takes as long as to start a broker, and nobody may ever look.
type asset struct {
	contentType string
	read        func() (*content, error) // once
}

// content is a file as it is sent.
type content struct {
	plain  []byte
	brotli []byte // nil where compressing gains nothing
	tag    string
}

// contentTypes are those of the page's files; mime.TypeByExtension would ask the
// machine it runs on.
var contentTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".wasm": "application/wasm", ".woff2": "font/woff2", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
}

// findAssets lists the files that are served; they are few, and lie in the program.
func findAssets(files fs.FS) (map[string]*asset, error) {
	all := map[string]*asset{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".br" {
			return err
		}
		kind, known := contentTypes[path.Ext(name)]
		if !known {
			return nil
		}
		all[name] = &asset{contentType: kind, read: sync.OnceValues(func() (*content, error) { return readContent(files, name) })}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the page's files: %w", err)
	}
	return all, nil
}

func readContent(files fs.FS, name string) (*content, error) {
	c := &content{}
	var err error
	if c.plain, err = fs.ReadFile(files, name); err != nil {
		return nil, err
	}
	if compressed, err := fs.ReadFile(files, name+".br"); err == nil {
		c.brotli = compressed
	}
	sum := sha256.Sum256(c.plain)
	c.tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return c, nil
}

// serveAsset answers GET /static/NAME. A browser asks each time whether its copy
// is still the one: a new program must never meet an old script.
func (h *Hub) serveAsset(w http.ResponseWriter, r *http.Request) {
	a := h.assets[r.PathValue("name")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	c, err := a.read()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", c.tag)
	header.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), c.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := c.plain
	if c.brotli != nil && accepts(r, "br") {
		header.Set("Content-Encoding", "br")
		body = c.brotli
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
