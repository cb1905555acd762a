// Package lang holds every word that a person reads on the page, in Spanish and
// in English. The engine speaks in codes and numbers; words are chosen here.
//
// Invariant: every key has a text in both languages, with the same places to
// fill in. Kafka's own names (leader epoch, ISR, high watermark, offset) stay
// as Kafka writes them where a learner will meet them so.
package lang

import (
	"strconv"
	"strings"
)

// Lang is one of the two languages. Spanish is the first.
type Lang uint8

// The languages.
const (
	Spanish Lang = iota
	English
	langCount
)

// Parse gives the language of a tag such as "en-GB"; Spanish where it is
// neither.
func Parse(tag string) Lang {
	if strings.HasPrefix(strings.ToLower(tag), "en") {
		return English
	}
	return Spanish
}

// Tag is the BCP 47 tag, as the html element's lang wants it.
func (l Lang) Tag() string {
	if l == English {
		return "en"
	}
	return "es"
}

// Other is the language that is not l.
func (l Lang) Other() Lang { return (l + 1) % langCount }

// T gives a key's text with {0}, {1}, ... filled in by args.
func (l Lang) T(k Key, args ...string) string {
	s := texts[k][l%langCount]
	for i, a := range args {
		s = strings.ReplaceAll(s, "{"+strconv.Itoa(i)+"}", a)
	}
	return s
}

// Number writes a number with the language's groups of three, so that 12345 is
// 12 345 in Spanish and 12,345 in English. Four figures stay together.
func (l Lang) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	if len(s) <= 4 {
		return sign + s
	}
	sep := "\u202f"
	if l == English {
		sep = ","
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Seconds writes nanoseconds as seconds with so many decimals, with the
// language's decimal sign.
func (l Lang) Seconds(ns int64, decimals int) string {
	sign := ""
	if ns < 0 {
		sign, ns = "−", -ns
	}
	unit := int64(1_000_000_000)
	frac := ""
	if decimals > 0 {
		digits := strconv.FormatInt(ns%unit+unit, 10)[1:]
		dot := ","
		if l == English {
			dot = "."
		}
		frac = dot + digits[:min(decimals, 9)]
	}
	return sign + strconv.FormatInt(ns/unit, 10) + frac
}

// List joins words with commas.
func (l Lang) List(words []string) string {
	if len(words) == 0 {
		return l.T(Nobody)
	}
	return strings.Join(words, ", ")
}
