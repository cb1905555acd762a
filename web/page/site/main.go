// Command site writes the page as files, for a web server that only serves
// files: index.html in Spanish and en.html in English, simulation only.
//
//	go run ./web/page/site static/build
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"bitacora/web/lang"
	"bitacora/web/page"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: site FOLDER")
		os.Exit(2)
	}
	for name, l := range map[string]lang.Lang{"index.html": lang.Spanish, "en.html": lang.English} {
		var b bytes.Buffer
		err := page.Write(&b, l, false, "", "")
		if err == nil {
			err = os.WriteFile(filepath.Join(os.Args[1], name), b.Bytes(), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "site:", err)
			os.Exit(1)
		}
	}
}
