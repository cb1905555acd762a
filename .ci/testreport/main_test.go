package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name           string
		stream         string
		passed, failed int
		shows, hides   string
	}{
		{"what passed is counted and its output dropped", `
{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Elapsed":1.5}`, 1, 0, "ok    p", "chatter"},
		{"what failed shows its output", `
{"Action":"output","Package":"p","Test":"TestA","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}`, 0, 1, "got 1, want 2", "chatter"},
		{"a package that does not build is a failure", `
{"Action":"build-output","ImportPath":"p [p.test]","Output":"undefined: x\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`, 0, 1, "undefined: x", "ok"},
		{"a panic outside tests is a failure", `
{"Action":"output","Package":"p","Output":"panic: boom\n"}
{"Action":"fail","Package":"p"}`, 0, 1, "panic: boom", "ok"},
		{"a stream cut short is a failure", `
{"Action":"pass","Package":"p","Test":"TestA"}`, 0, 1, "did not finish", "ok"},
		{"what is not JSON passes through", `go: cannot find module`, 0, 0, "cannot find module", "ok"},
		{"a package without tests is no news", `
{"Action":"skip","Package":"p"}`, 0, 0, "", "p"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			passed, failed, err := report(strings.NewReader(strings.TrimSpace(tt.stream)), &out)
			if err != nil || passed != tt.passed || failed != tt.failed {
				t.Errorf("got %d passed, %d failed, %v; want %d, %d", passed, failed, err, tt.passed, tt.failed)
			}
			if !strings.Contains(out.String(), tt.shows) {
				t.Errorf("%q does not show %q", out.String(), tt.shows)
			}
			if tt.hides != "" && strings.Contains(out.String(), tt.hides) {
				t.Errorf("%q shows %q", out.String(), tt.hides)
			}
		})
	}
}
