// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// QuorumStateData is Kafka's message of that name, versions 0 to 1.
type QuorumStateData struct {
	ClusterID        string             // v0-0
	LeaderID         engine.NodeID      // v0+
	LeaderEpoch      engine.LeaderEpoch // v0+
	VotedID          engine.NodeID      // v0+
	VotedDirectoryID [16]byte           // v1+
	AppliedOffset    engine.Offset      // v0-0
	CurrentVoters    []QuorumStateVoter // v0-0, nil is null
}

// NewQuorumStateData gives the message with Kafka's defaults.
func NewQuorumStateData() QuorumStateData {
	return QuorumStateData{
		LeaderID:    -1,
		LeaderEpoch: -1,
		VotedID:     -1,
	}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*QuorumStateData) TypeName() string { return "QUORUM_STATE_DATA" }

// HighestVersion is the newest version of the message that is known here.
func (*QuorumStateData) HighestVersion() int16 { return 1 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *QuorumStateData) AppendTo(dst []byte, version int16) []byte {
	if version <= 0 {
		dst = appendString(dst, r.ClusterID)
	}
	dst = appendUint32(dst, uint32(r.LeaderID))
	dst = appendUint32(dst, uint32(r.LeaderEpoch))
	dst = appendUint32(dst, uint32(r.VotedID))
	if version >= 1 {
		dst = append(dst, r.VotedDirectoryID[:]...)
	}
	if version <= 0 {
		dst = appendUint64(dst, uint64(r.AppliedOffset))
	}
	if version <= 0 {
		dst = appendCount(dst, len(r.CurrentVoters), r.CurrentVoters == nil)
		for i := range r.CurrentVoters {
			dst = r.CurrentVoters[i].appendTo(dst, version)
		}
	}
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *QuorumStateData) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 1 {
		return unknownVersion("QuorumStateData", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("QuorumStateData")
}

func (r *QuorumStateData) read(in *reader, version int16) {
	*r = NewQuorumStateData()
	if version <= 0 {
		r.ClusterID = in.string()
	}
	r.LeaderID = engine.NodeID(in.uint32())
	r.LeaderEpoch = engine.LeaderEpoch(in.uint32())
	r.VotedID = engine.NodeID(in.uint32())
	if version >= 1 {
		r.VotedDirectoryID = in.uuid()
	}
	if version <= 0 {
		r.AppliedOffset = engine.Offset(in.uint64())
	}
	if version <= 0 {
		if n := in.count(true); n >= 0 {
			r.CurrentVoters = make([]QuorumStateVoter, n)
			for i := range r.CurrentVoters {
				r.CurrentVoters[i].read(in, version)
			}
		} else {
			r.CurrentVoters = nil
		}
	}
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *QuorumStateData) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	if version <= 0 {
		dst = appendName(dst, "clusterId", &first)
		dst = appendQuoted(dst, r.ClusterID)
	}
	dst = appendName(dst, "leaderId", &first)
	dst = appendInt(dst, int64(r.LeaderID))
	dst = appendName(dst, "leaderEpoch", &first)
	dst = appendInt(dst, int64(r.LeaderEpoch))
	dst = appendName(dst, "votedId", &first)
	dst = appendInt(dst, int64(r.VotedID))
	if version >= 1 {
		dst = appendName(dst, "votedDirectoryId", &first)
		dst = appendQuoted(dst, engine.TopicID(r.VotedDirectoryID).String())
	}
	if version <= 0 {
		dst = appendName(dst, "appliedOffset", &first)
		dst = appendInt(dst, int64(r.AppliedOffset))
	}
	if version <= 0 {
		dst = appendName(dst, "currentVoters", &first)
		if r.CurrentVoters == nil {
			dst = append(dst, "null"...)
		} else {
			dst = append(dst, '[')
			for i := range r.CurrentVoters {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = r.CurrentVoters[i].appendJSON(dst, version)
			}
			dst = append(dst, ']')
		}
	}
	_, _ = first, version
	return append(dst, '}')
}

// QuorumStateVoter is a part of QuorumStateData.
type QuorumStateVoter struct {
	VoterID engine.NodeID // v0-0
}

// NewQuorumStateVoter gives the part with Kafka's defaults.
func NewQuorumStateVoter() QuorumStateVoter {
	return QuorumStateVoter{}
}

func (r *QuorumStateVoter) appendTo(dst []byte, version int16) []byte {
	if version <= 0 {
		dst = appendUint32(dst, uint32(r.VoterID))
	}
	_ = version
	return appendUvarint(dst, 0)
}

func (r *QuorumStateVoter) read(in *reader, version int16) {
	*r = NewQuorumStateVoter()
	if version <= 0 {
		r.VoterID = engine.NodeID(in.uint32())
	}
	_ = version
	in.skipTags()
}

func (r *QuorumStateVoter) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	if version <= 0 {
		dst = appendName(dst, "voterId", &first)
		dst = appendInt(dst, int64(r.VoterID))
	}
	_, _ = first, version
	return append(dst, '}')
}
