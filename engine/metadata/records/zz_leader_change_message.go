// Code generated from the message definitions of Apache Kafka 4.3.1. DO NOT EDIT.

package records

import "bitacora/engine"

// LeaderChangeMessage is Kafka's message of that name, versions 0 to 1.
type LeaderChangeMessage struct {
	Version        int16               // v0+
	LeaderID       engine.NodeID       // v0+
	Voters         []LeaderChangeVoter // v0+
	GrantingVoters []LeaderChangeVoter // v0+
}

// NewLeaderChangeMessage gives the message with Kafka's defaults.
func NewLeaderChangeMessage() LeaderChangeMessage {
	return LeaderChangeMessage{}
}

// TypeName is Kafka's spelling of the type, as kafka-dump-log prints it.
func (*LeaderChangeMessage) TypeName() string { return "LEADER_CHANGE_MESSAGE" }

// HighestVersion is the newest version of the message that is known here.
func (*LeaderChangeMessage) HighestVersion() int16 { return 1 }

// AppendTo appends the message's bytes in this version. A field that the
// version does not carry is left out.
func (r *LeaderChangeMessage) AppendTo(dst []byte, version int16) []byte {
	dst = appendUint16(dst, uint16(r.Version))
	dst = appendUint32(dst, uint32(r.LeaderID))
	dst = appendCount(dst, len(r.Voters), false)
	for i := range r.Voters {
		dst = r.Voters[i].appendTo(dst, version)
	}
	dst = appendCount(dst, len(r.GrantingVoters), false)
	for i := range r.GrantingVoters {
		dst = r.GrantingVoters[i].appendTo(dst, version)
	}
	_ = version
	return appendUvarint(dst, 0)
}

// ReadFrom replaces the message by what src holds, and refuses bytes that
// are short, left over or of a version not known.
func (r *LeaderChangeMessage) ReadFrom(src []byte, version int16) error {
	if version < 0 || version > 1 {
		return unknownVersion("LeaderChangeMessage", version)
	}
	in := reader{src: src}
	r.read(&in, version)
	return in.finish("LeaderChangeMessage")
}

func (r *LeaderChangeMessage) read(in *reader, version int16) {
	*r = NewLeaderChangeMessage()
	r.Version = int16(in.uint16())
	r.LeaderID = engine.NodeID(in.uint32())
	if n := in.count(false); n >= 0 {
		r.Voters = make([]LeaderChangeVoter, n)
		for i := range r.Voters {
			r.Voters[i].read(in, version)
		}
	}
	if n := in.count(false); n >= 0 {
		r.GrantingVoters = make([]LeaderChangeVoter, n)
		for i := range r.GrantingVoters {
			r.GrantingVoters[i].read(in, version)
		}
	}
	_ = version
	in.skipTags()
}

// AppendJSON appends the fields as kafka-dump-log prints them for this version.
func (r *LeaderChangeMessage) AppendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "version", &first)
	dst = appendInt(dst, int64(r.Version))
	dst = appendName(dst, "leaderId", &first)
	dst = appendInt(dst, int64(r.LeaderID))
	dst = appendName(dst, "voters", &first)
	dst = append(dst, '[')
	for i := range r.Voters {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.Voters[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	dst = appendName(dst, "grantingVoters", &first)
	dst = append(dst, '[')
	for i := range r.GrantingVoters {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = r.GrantingVoters[i].appendJSON(dst, version)
	}
	dst = append(dst, ']')
	_, _ = first, version
	return append(dst, '}')
}

// LeaderChangeVoter is a part of LeaderChangeMessage.
type LeaderChangeVoter struct {
	VoterID          engine.NodeID // v0+
	VoterDirectoryID [16]byte      // v1+
}

// NewLeaderChangeVoter gives the part with Kafka's defaults.
func NewLeaderChangeVoter() LeaderChangeVoter {
	return LeaderChangeVoter{}
}

func (r *LeaderChangeVoter) appendTo(dst []byte, version int16) []byte {
	dst = appendUint32(dst, uint32(r.VoterID))
	if version >= 1 {
		dst = append(dst, r.VoterDirectoryID[:]...)
	}
	_ = version
	return appendUvarint(dst, 0)
}

func (r *LeaderChangeVoter) read(in *reader, version int16) {
	*r = NewLeaderChangeVoter()
	r.VoterID = engine.NodeID(in.uint32())
	if version >= 1 {
		r.VoterDirectoryID = in.uuid()
	}
	_ = version
	in.skipTags()
}

func (r *LeaderChangeVoter) appendJSON(dst []byte, version int16) []byte {
	first := true
	dst = append(dst, '{')
	dst = appendName(dst, "voterId", &first)
	dst = appendInt(dst, int64(r.VoterID))
	if version >= 1 {
		dst = appendName(dst, "voterDirectoryId", &first)
		dst = appendQuoted(dst, engine.TopicID(r.VoterDirectoryID).String())
	}
	_, _ = first, version
	return append(dst, '}')
}
