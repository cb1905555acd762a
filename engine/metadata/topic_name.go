package metadata

import (
	"fmt"
	"strings"
)

// topicNameMax bounds a topic's name (Topic.MAX_NAME_LENGTH): a directory's name has
// to hold it with a partition number.
const topicNameMax = 249

// InvalidTopicName says what is wrong with a name, "" when nothing is
// (Topic.validate).
func InvalidTopicName(name string) string {
	switch {
	case name == "":
		return "the empty string is not allowed"
	case name == ".":
		return "'.' is not allowed"
	case name == "..":
		return "'..' is not allowed"
	case len([]rune(name)) > topicNameMax:
		return fmt.Sprintf("the length of '%s' is longer than the max allowed length %d", name, topicNameMax)
	}
	legal := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
	}
	if strings.IndexFunc(name, func(r rune) bool { return !legal(r) }) >= 0 {
		return fmt.Sprintf("'%s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", name)
	}
	return ""
}
