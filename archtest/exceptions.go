package archtest

// exception excuses findings of one rule in one place.
type exception struct {
	rule   string
	where  string // as in Finding.Where
	reason string
}

// exceptions is the whole list. Each needs a reason that a reader would accept.
var exceptions = []exception{
	{"engine imports", "engine/log/memory_crash.go",
		"a commit may run on a goroutine of the driver's: one flag says that it did"},
	{"node state", "engine",
		"the codecs' own types, in log.Scratch and batch.Codecs: tables and buffers that carry nothing from one step to the next"},
	{"function size", "engine/channel/channel_test.go:TestChannel",
		"a table: each row is a story of a few lines, and there is no code beside them"},
	{"function size", "engine/sim/driver_test.go:TestFaults",
		"a table: each row is a story of a few lines, and there is no code beside them"},
}

// excuse takes the excepted findings out and returns, beside what remains, the
// exceptions that excused nothing: they must go from the list.
func excuse(found []Finding, list []exception) (left []Finding, unused []exception) {
	used := make([]bool, len(list))
next:
	for _, f := range found {
		for i, e := range list {
			if e.rule == f.Rule && e.where == f.Where {
				used[i] = true
				continue next
			}
		}
		left = append(left, f)
	}
	for i, e := range list {
		if !used[i] {
			unused = append(unused, e)
		}
	}
	return left, unused
}
