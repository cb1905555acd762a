package quorum

import (
	"fmt"
	"slices"
	"strings"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// Endpoint is where a controller is reached on one of its listeners.
type Endpoint struct {
	Name string
	Host string
	Port uint16
}

func hasListener(endpoints []Endpoint, name string) bool {
	_, ok := addressOf(endpoints, name)
	return ok
}

// addressOf gives the address behind a listener name (Endpoints.address).
func addressOf(endpoints []Endpoint, name string) (engine.Addr, bool) {
	for _, e := range endpoints {
		if e.Name == name {
			return engine.Addr{Host: e.Host, Port: int32(e.Port)}, true
		}
	}
	return engine.Addr{}, false
}

// ReplicaKey tells a replica apart from another with the same node id and another
// disk (KIP-853). The zero directory id means that it is not known.
type ReplicaKey struct {
	ID          engine.NodeID
	DirectoryID [16]byte
}

// String is ReplicaKey.toString, as it stands in error messages of Kafka.
func (k ReplicaKey) String() string {
	directory := "<undefined>"
	if k.DirectoryID != [16]byte{} {
		directory = engine.TopicID(k.DirectoryID).String()
	}
	return fmt.Sprintf("ReplicaKey(id=%d, directoryId=%s)", k.ID, directory)
}

// matches says that other is the replica that k names (VoterNode.isVoter): a key
// without directory id names any replica with its node id.
func (k ReplicaKey) matches(other ReplicaKey) bool {
	return k.ID == other.ID && (k.DirectoryID == [16]byte{} || k.DirectoryID == other.DirectoryID)
}

// Voter is one member of a voter set (VoterSet.VoterNode).
type Voter struct {
	Key       ReplicaKey
	Endpoints []Endpoint
	// The range of kraft.version that it supports.
	KRaftVersionMin int16
	KRaftVersionMax int16
}

func (v *Voter) equal(other *Voter) bool {
	return v.Key == other.Key && v.KRaftVersionMin == other.KRaftVersionMin &&
		v.KRaftVersionMax == other.KRaftVersionMax && slices.Equal(v.Endpoints, other.Endpoints)
}

// VoterSet is the voters in ascending order of node id. It is never changed in
// place.
type VoterSet []Voter

func (s VoterSet) find(id engine.NodeID) (Voter, bool) {
	for i := range s {
		if s[i].Key.ID == id {
			return s[i], true
		}
	}
	return Voter{}, false
}

// IsVoter says whether the replica is of the set.
func (s VoterSet) IsVoter(key ReplicaKey) bool {
	v, ok := s.find(key.ID)
	return ok && v.Key.matches(key)
}

func (s VoterSet) isOnlyVoter(key ReplicaKey) bool { return len(s) == 1 && s.IsVoter(key) }

// IDs are the voters' node ids, ascending.
func (s VoterSet) IDs() []engine.NodeID {
	ids := make([]engine.NodeID, len(s))
	for i := range s {
		ids[i] = s[i].Key.ID
	}
	return ids
}

func (s VoterSet) endpoints(id engine.NodeID) []Endpoint {
	v, _ := s.find(id)
	return v.Endpoints
}

// String lists the keys as Kafka prints a set of them.
func (s VoterSet) String() string {
	keys := make([]string, len(s))
	for i := range s {
		keys[i] = s[i].Key.String()
	}
	return "[" + strings.Join(keys, ", ") + "]"
}

// with gives the set with v added (VoterSet.addVoter); false if its id is taken.
func (s VoterSet) with(v Voter) (VoterSet, bool) {
	if _, taken := s.find(v.Key.ID); taken {
		return nil, false
	}
	next := append(slices.Clone(s), v)
	slices.SortFunc(next, func(a, b Voter) int { return int(a.Key.ID) - int(b.Key.ID) })
	return next, true
}

// without gives the set without that very replica (VoterSet.removeVoter); false
// if it is not of the set, or is all of it.
func (s VoterSet) without(key ReplicaKey) (VoterSet, bool) {
	if len(s) < 2 {
		return nil, false
	}
	for i := range s {
		if s[i].Key == key {
			return slices.Delete(slices.Clone(s), i, i+1), true
		}
	}
	return nil, false
}

// updated gives the set with v in the place of what it was before; false if it is
// not of the set (VoterSet.updateVoter).
func (s VoterSet) updated(v Voter) (VoterSet, bool) {
	for i := range s {
		if s[i].Key.matches(v.Key) {
			next := slices.Clone(s)
			next[i] = v
			return next, true
		}
	}
	return nil, false
}

// needsUpdate says that v is of the set, with other endpoints or versions
// (VoterSet.voterNodeNeedsUpdate).
func (s VoterSet) needsUpdate(v Voter) bool {
	old, ok := s.find(v.Key.ID)
	return ok && old.Key.matches(v.Key) && !old.equal(&v)
}

func (s VoterSet) record() records.VotersRecord {
	r := records.NewVotersRecord()
	for i := range s {
		v := records.NewVotersVoter()
		v.VoterID = s[i].Key.ID
		v.VoterDirectoryID = s[i].Key.DirectoryID
		v.KRaftVersionFeature.MinSupportedVersion = s[i].KRaftVersionMin
		v.KRaftVersionFeature.MaxSupportedVersion = s[i].KRaftVersionMax
		for _, e := range s[i].Endpoints {
			v.Endpoints = append(v.Endpoints, records.VotersEndpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		r.Voters = append(r.Voters, v)
	}
	return r
}

func votersOf(r *records.VotersRecord) VoterSet {
	s := make(VoterSet, 0, len(r.Voters))
	for i := range r.Voters {
		v := Voter{
			Key:             ReplicaKey{ID: r.Voters[i].VoterID, DirectoryID: r.Voters[i].VoterDirectoryID},
			KRaftVersionMin: r.Voters[i].KRaftVersionFeature.MinSupportedVersion,
			KRaftVersionMax: r.Voters[i].KRaftVersionFeature.MaxSupportedVersion,
		}
		for _, e := range r.Voters[i].Endpoints {
			v.Endpoints = append(v.Endpoints, Endpoint{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		s = append(s, v)
	}
	slices.SortFunc(s, func(a, b Voter) int { return int(a.Key.ID) - int(b.Key.ID) })
	return s
}

// overlaps says that the sets differ by at most one voter each way, so that any
// majority of one meets any majority of the other (VoterSet.hasOverlappingMajority).
func (s VoterSet) overlaps(other VoterSet) bool {
	return s.missingFrom(other) <= 1 && other.missingFrom(s) <= 1
}

func (s VoterSet) missingFrom(other VoterSet) int {
	n := 0
	for i := range s {
		if v, ok := other.find(s[i].Key.ID); !ok || v.Key != s[i].Key {
			n++
		}
	}
	return n
}
