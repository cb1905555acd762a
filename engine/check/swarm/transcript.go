package swarm

import (
	"fmt"
	"strings"
)

// storyMax bounds the lines of a transcript's story: the last ones before the
// violation are what there is to see.
const storyMax = 40

// transcript writes a run down so that it can be read and played again: what broke,
// what happened before, and the plan.
func transcript(p *Plan, r *Result) string {
	var out strings.Builder
	if len(r.Violations) > 0 {
		v := &r.Violations[0]
		fmt.Fprintf(&out, "# breaks %s", v.Error())
		out.WriteString("\n")
	}
	story := r.Story
	if len(story) > storyMax {
		fmt.Fprintf(&out, "#\n# What happened (the last %d of %d events):\n", storyMax, len(story))
		story = story[len(story)-storyMax:]
	} else {
		out.WriteString("#\n# What happened:\n")
	}
	for _, line := range story {
		fmt.Fprintf(&out, "# %s\n", line)
	}
	out.WriteString("\n")
	out.WriteString(p.String())
	return out.String()
}

// Transcript writes a failed run down, shortened: what broke, what happened before,
// and a plan that breaks it again. It plays at most tries runs to shorten it.
func Transcript(p *Plan, r *Result, tries int) (string, error) {
	short := Shrink(p, r.Failed(), tries)
	told, err := Tell(short)
	if err != nil {
		return "", err
	}
	return transcript(short, told), nil
}
