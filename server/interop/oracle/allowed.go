package oracle

import "strings"

// AllowedDifference is one place where Bitácora may answer otherwise than
// Kafka, with the reason.
type AllowedDifference struct {
	Script string // the script's name
	Step   string // pattern for the step's "what"; * stands for any words
	Field  string // pattern for the path inside the step
	Got    string // pattern for what we answer; empty: anything
	Why    string
}

// Allowed is the whole list. An entry that excuses nothing any more is reported
// as a failure, so the list cannot outlive its reasons.
var Allowed = []AllowedDifference{}

// Luck is a state on the way that Kafka shows only now and then: it may be
// missing from a recording and yet be seen of us.
type Luck struct {
	Step  string // pattern for the step's "what", in any script
	State string // pattern for the state as JSON, its fields sorted
	Why   string
}

// Lucky lists what was seen of Kafka in other playings than the recorded ones.
var Lucky = []Luck{
	{"after *: producer *", `{"answer":"6 NOT_LEADER_OR_FOLLOWER","broker":*}`,
		"metadata told by one broker is some milliseconds ahead of another's: the new leader refuses until it knows, the old one as soon as it knows"},
	{"after *: producer *", `{"answer":"no answer from it","broker":*}`,
		"a broker that is ending closes its connections before metadata tells of it"},
	{"after DeleteTopics: produce v13 by id", `{"error":"3 UNKNOWN_TOPIC_OR_PARTITION","errorMessage":null}`,
		"the topic goes from the metadata after its name was looked up and before the partition is"},
}

func isLucky(step, state string) bool {
	for _, l := range Lucky {
		if matchWords(l.Step, stepWords(step)) && matchWords(l.State, state) {
			return true
		}
	}
	return false
}

// Excuse takes the allowed differences of a script out and names, beside what
// is left, the entries of the list that excused nothing.
func Excuse(script string, found []Difference, list []AllowedDifference) (left []Difference, unused []AllowedDifference) {
	used := make([]bool, len(list))
next:
	for _, d := range found {
		for i, a := range list {
			if a.Script == script && a.matches(d) {
				used[i] = true
				continue next
			}
		}
		left = append(left, d)
	}
	for i, a := range list {
		if a.Script == script && !used[i] {
			unused = append(unused, a)
		}
	}
	return left, unused
}

func (a AllowedDifference) matches(d Difference) bool {
	return matchWords(a.Step, stepWords(d.Step)) && matchWords(a.Field, d.Field) && (a.Got == "" || matchWords(a.Got, d.Got))
}

// stepWords takes the number off a step's name.
func stepWords(step string) string {
	for i, r := range step {
		if r == ' ' {
			return step[i+1:]
		}
	}
	return step
}

// matchWords says whether text is the pattern, in which * stands for any words
// and every other character for itself.
func matchWords(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}
