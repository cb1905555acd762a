package group

import "testing"

func TestPartitionOf(t *testing.T) {
	tests := []struct {
		name, group string
		want        int32
	}{
		{"the empty group", "", 0},
		{"a positive hash", "g", 3},
		{"a negative hash counts by its absolute value", "order-readers", 15},
		{"the smallest hash has no absolute value and counts as 0", "polygenelubricants", 0},
		{"letters beyond ASCII are hashed as UTF-16", "añadir", 42},
		{"and those beyond it as two halves", "🙂", 15},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := PartitionOf(test.group, 50); got != test.want {
				t.Errorf("partition %d, want %d", got, test.want)
			}
		})
	}
}
