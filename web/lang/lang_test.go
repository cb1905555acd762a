package lang

import (
	"regexp"
	"slices"
	"testing"
)

func TestEveryKeyHasBothLanguages(t *testing.T) {
	places := regexp.MustCompile(`\{\d\}`)
	sorted := func(s string) []string {
		found := places.FindAllString(s, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	for k, both := range texts {
		for l, s := range both {
			if s == "" {
				t.Errorf("key %d has no text in %s (the other: %q)", k, Lang(l).Tag(), both[1-l])
			}
		}
		if !slices.Equal(sorted(both[Spanish]), sorted(both[English])) {
			t.Errorf("different places to fill in: %q and %q", both[Spanish], both[English])
		}
	}
}

func TestWriting(t *testing.T) {
	cases := []struct{ name, got, want string }{
		{"places are filled in", English.T(EvLinkCut, "broker 1", "broker 2"), "The network from broker 1 to broker 2 is cut."},
		{"four figures stay together", Spanish.Number(1234), "1234"},
		{"Spanish groups with thin spaces", Spanish.Number(1234567), "1\u202f234\u202f567"},
		{"English groups with commas", English.Number(-12345), "−12,345"},
		{"Spanish has a decimal comma", Spanish.Seconds(12_431_999_999, 3), "12,431"},
		{"English has a decimal point", English.Seconds(5_000_000, 2), "0.00"},
		{"an unknown tag is Spanish", Parse("fr").Tag(), "es"},
		{"a British tag is English", Parse("en-GB").Tag(), "en"},
		{"an empty list says so", Spanish.List(nil), "nadie"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %q, want %q", c.got, c.want)
			}
		})
	}
}
