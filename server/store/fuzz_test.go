package store

import (
	"bytes"
	"testing"

	"bitacora/engine/log"
)

// FuzzStored: what lies on a disk may be anything; reading it never panics, and
// what is read is written the same.
func FuzzStored(f *testing.F) {
	s := log.EmptySegment(7, 3)
	f.Add([]byte("format=1\ncluster.id=c\nnode.id=2\ndirectory.id=AQIDAAAAAAAAAAAAAAAAAA\n"))
	f.Add(appendSegment(nil, &s, []*file{{id: 9, limit: limitOpen, bytes: 77}}))
	f.Add(logValue{segmentList: 1 << 40, records: 2}.encode())
	f.Add(grave{kind: graveTail, id: 4, from: 8, bytes: 1 << 30}.key())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if identity, err := parseIdentity(raw); err == nil && identity.ClusterID == "" {
			t.Error("an identity without a cluster")
		}
		if segment, files, err := parseSegment(7, raw); err == nil {
			again := appendSegment(nil, &segment, files)
			if reread, _, err := parseSegment(7, again); err != nil || reread != segment {
				t.Errorf("%+v was read again as %+v, %v", segment, reread, err)
			}
		}
		if v, err := parseLogValue(raw); err == nil {
			if again, err := parseLogValue(v.encode()); err != nil || again != v {
				t.Errorf("%+v was read again as %+v, %v", v, again, err)
			}
		}
		if g, err := parseGrave(raw, []byte{0}); err == nil && !bytes.Equal(g.key()[1:], raw[1:]) {
			t.Errorf("grave %x was written as %x", raw, g.key())
		}
		parseLogKey(raw)
		parseOffsetKey(raw)
		parseRecordKey(raw)
	})
}
