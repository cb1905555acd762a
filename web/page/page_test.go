package page

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"bitacora/web/lang"
)

func document(t *testing.T, l lang.Lang) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, l, true, "test", "static/"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestThePageIsUsefulBeforeAnyScript(t *testing.T) {
	es, en := document(t, lang.Spanish), document(t, lang.English)
	for _, want := range []string{"LÍDER e3", "HW 9", "en ISR", "fuera del ISR", "líder: broker 1", "<table", "Cómo se lee", "noscript"} {
		if !strings.Contains(es, want) {
			t.Errorf("the Spanish page lacks %q", want)
		}
	}
	for _, want := range []string{"LEADER e3", "out of ISR", "leader: broker 1", "How to read it"} {
		if !strings.Contains(en, want) {
			t.Errorf("the English page lacks %q", want)
		}
	}
	const firstPaintMax = 70 << 10 // before compression, beside 52 KB of fonts
	if len(es) > firstPaintMax {
		t.Errorf("the document has %d bytes", len(es))
	}
}

// The address may ask for the simulation on a server's page: before the worker has
// read it, the page claims neither source.
func TestTheStillPictureClaimsNoSource(t *testing.T) {
	es := document(t, lang.Spanish)
	for _, claim := range []string{"Conectando", "en vivo:", `class="lamp"`} {
		if strings.Contains(es, claim) {
			t.Errorf("the still page says %q", claim)
		}
	}
	for _, source := range regexp.MustCompile(`<button[^>]*data-kind="(?:simulation|live)"[^>]*>`).FindAllString(es, -1) {
		if strings.Contains(source, "aria-pressed") {
			t.Errorf("a source is chosen: %s", source)
		}
	}
}

func TestThePolicyIsKept(t *testing.T) {
	es := document(t, lang.Spanish)
	if regexp.MustCompile(`\sstyle=|\son[a-z]+="|<style|javascript:`).MatchString(es) {
		t.Error("inline style or script, which the content-security policy refuses")
	}
	if strings.Contains(es, "://") && regexp.MustCompile(`(src|href)="https?://`).MatchString(es) {
		t.Error("something is loaded from elsewhere")
	}
}

func TestEveryControlHasAName(t *testing.T) {
	es := document(t, lang.Spanish)
	for _, input := range regexp.MustCompile(`<(?:input|select) id="([^"]+)"`).FindAllStringSubmatch(es, -1) {
		if !strings.Contains(es, `for="`+input[1]+`"`) {
			t.Errorf("%s has no label", input[1])
		}
	}
	if regexp.MustCompile(`<button[^>]*></button>`).MatchString(es) {
		t.Error("a button without a name")
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(`\sid="([^"]+)"`).FindAllStringSubmatch(es, -1) {
		if ids[id[1]] {
			t.Errorf("id %s stands twice", id[1])
		}
		ids[id[1]] = true
	}
}
