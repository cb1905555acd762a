package metadata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"bitacora/engine"
	"bitacora/engine/metadata/records"

	"pgregory.net/rapid"
)

var ordersID = engine.TopicID{1}

func ids(n ...engine.NodeID) []engine.NodeID { return n }

func partitionRecord(topic engine.TopicID, partition int32, replicas ...engine.NodeID) *records.PartitionRecord {
	r := records.NewPartitionRecord()
	r.TopicID, r.PartitionID, r.Replicas, r.ISR = topic, partition, replicas, replicas
	r.Directories = make([][16]byte, len(replicas))
	r.Leader, r.LeaderEpoch, r.PartitionEpoch = replicas[0], 0, 0
	return &r
}

func brokerRecord(id engine.NodeID, epoch engine.BrokerEpoch) *records.RegisterBrokerRecord {
	r := records.NewRegisterBrokerRecord()
	r.BrokerID, r.BrokerEpoch = id, epoch
	r.EndPoints = []records.RegisterBrokerEndpoint{{Name: "PLAINTEXT", Host: "h", Port: 9092}}
	r.LogDirs = [][16]byte{{byte(id)}}
	return &r
}

func changed(topic engine.TopicID, partition int32, set func(*records.PartitionChangeRecord)) *records.PartitionChangeRecord {
	r := records.NewPartitionChangeRecord()
	r.TopicID, r.PartitionID = topic, partition
	set(&r)
	return &r
}

// small gives an image with two brokers and one topic.
func small(t testing.TB) *Image {
	m := NewImage()
	applyAll(t, m, nil, brokerRecord(1, 10), brokerRecord(2, 11),
		&records.TopicRecord{Name: "orders", TopicID: ordersID},
		partitionRecord(ordersID, 0, 1, 2), partitionRecord(ordersID, 1, 2, 1))
	return m
}

func applyAll(t testing.TB, m *Image, delta *Delta, all ...records.Record) {
	t.Helper()
	for _, r := range all {
		if err := m.Apply(r, delta); err != nil {
			t.Fatal(err)
		}
	}
}

// print spells an image as its records.
func print(m *Image) string {
	var b strings.Builder
	for _, v := range m.Encode() {
		fmt.Fprintln(&b, v)
	}
	return b.String()
}

func TestPartitionEpochs(t *testing.T) {
	for name, c := range map[string]struct {
		set            func(*records.PartitionChangeRecord)
		leader         engine.NodeID
		leaderEpoch    engine.LeaderEpoch
		partitionEpoch engine.PartitionEpoch
	}{
		"an ISR change raises the partition epoch alone": {func(r *records.PartitionChangeRecord) { r.ISR = ids(1) }, 1, 0, 1},
		"a new leader raises both":                       {func(r *records.PartitionChangeRecord) { r.Leader = 2 }, 2, 1, 1},
		"the same leader named again raises both":        {func(r *records.PartitionChangeRecord) { r.Leader = 1 }, 1, 1, 1},
		"no leader raises both":                          {func(r *records.PartitionChangeRecord) { r.Leader = engine.NoNode }, -1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := small(t)
			applyAll(t, m, nil, changed(ordersID, 0, c.set))
			p := m.Partition(engine.TopicPartition{Topic: "orders", Partition: 0})
			if p.Leader != c.leader || p.LeaderEpoch != c.leaderEpoch || p.PartitionEpoch != c.partitionEpoch {
				t.Errorf("got leader %d epochs %d %d", p.Leader, p.LeaderEpoch, p.PartitionEpoch)
			}
		})
	}
}

func TestDeltaShowsBeforeAndAfter(t *testing.T) {
	m := small(t)
	delta := NewDelta()
	shrink := changed(ordersID, 1, func(r *records.PartitionChangeRecord) { r.ISR = ids(2) })
	value := "60000"
	applyAll(t, m, delta, shrink, shrink,
		&records.ConfigRecord{ResourceType: 2, ResourceName: "orders", Name: "retention.ms", Value: &value},
		&records.BrokerRegistrationChangeRecord{BrokerID: 2, BrokerEpoch: 11, Fenced: ChangeUnfence})
	d := delta.Topic(ordersID)
	if got := d.Partitions(); !slices.Equal(got, []int32{1}) {
		t.Fatalf("changed partitions %v", got)
	}
	before, after := d.Before(1), m.PartitionByID(ordersID, 1)
	if before.PartitionEpoch != 0 || after.PartitionEpoch != 2 || len(before.ISR) != 2 || len(after.ISR) != 1 {
		t.Errorf("before %+v after %+v", before, after)
	}
	if !delta.BrokerBefore(2).Fenced || m.Broker(2).Fenced || delta.Brokers()[0] != 2 {
		t.Error("broker 2 was fenced, and is not")
	}
	if got := delta.Configs(); len(got) != 1 || got[0] != (ConfigResource{ResourceTopic, "orders"}) {
		t.Errorf("configs %v", got)
	}
	next := NewDelta()
	applyAll(t, m, next, shrink, &records.RemoveTopicRecord{TopicID: ordersID})
	if next.Topic(ordersID).Before(1).PartitionEpoch != 2 || !next.Topic(ordersID).Deleted {
		t.Error("the next delta begins where the last one ended")
	}
	if len(next.Configs()) != 1 || len(m.ConfigKeys(ConfigResource{ResourceTopic, "orders"})) != 0 {
		t.Error("a deleted topic takes its configs along")
	}
}

func TestCloneIsIndependent(t *testing.T) {
	m := small(t)
	delta := NewDelta() // one delta, used across the clone
	applyAll(t, m, delta, changed(ordersID, 0, func(r *records.PartitionChangeRecord) { r.ISR = ids(1) }))
	c := m.Clone()
	want := print(c)
	applyAll(t, m, delta, changed(ordersID, 0, func(r *records.PartitionChangeRecord) { r.ISR = ids(1, 2) }),
		partitionRecord(ordersID, 2, 1), &records.FenceBrokerRecord{ID: 1, Epoch: 10}, &records.UnregisterBrokerRecord{BrokerID: 2, BrokerEpoch: 11})
	if got := print(c); got != want {
		t.Errorf("the clone changed with the original:\n%s\nwas\n%s", got, want)
	}
	want = print(m)
	applyAll(t, c, nil, partitionRecord(ordersID, 2, 2), changed(ordersID, 1, func(r *records.PartitionChangeRecord) { r.Leader = -1 }))
	if got := print(m); got != want {
		t.Errorf("the original changed with the clone:\n%s\nwas\n%s", got, want)
	}
}

func TestMetadataTransaction(t *testing.T) {
	begin, end, abort := &records.BeginTransactionRecord{}, &records.EndTransactionRecord{}, &records.AbortTransactionRecord{}
	topic := &records.TopicRecord{Name: "t", TopicID: engine.TopicID{9}}
	m := NewImage()
	applyAll(t, m, nil, begin, topic)
	if m.Topic("t") != nil {
		t.Error("a record of an open transaction shows")
	}
	if err := m.Clone().Apply(begin, nil); err == nil {
		t.Error("a transaction within another was taken")
	}
	c := m.Clone()
	applyAll(t, m, nil, end)
	applyAll(t, c, nil, abort)
	if m.Topic("t") == nil || c.Topic("t") != nil {
		t.Error("ended: applied; aborted: dropped")
	}
	if err := m.Apply(end, nil); err == nil {
		t.Error("an end without a beginning was taken")
	}
}

func TestApplyRefuses(t *testing.T) {
	for name, record := range map[string]records.Record{
		"a topic id twice":                  &records.TopicRecord{Name: "other", TopicID: ordersID},
		"a topic name twice":                &records.TopicRecord{Name: "orders", TopicID: engine.TopicID{7}},
		"a partition of no topic":           partitionRecord(engine.TopicID{7}, 0, 1),
		"a gap between partitions":          partitionRecord(ordersID, 3, 1),
		"a change of no partition":          changed(ordersID, 2, func(*records.PartitionChangeRecord) {}),
		"the removal of no topic":           &records.RemoveTopicRecord{TopicID: engine.TopicID{7}},
		"a change of no broker":             &records.BrokerRegistrationChangeRecord{BrokerID: 7},
		"a change of an older registration": &records.BrokerRegistrationChangeRecord{BrokerID: 1, BrokerEpoch: 9},
		"an unknown kind of change":         &records.BrokerRegistrationChangeRecord{BrokerID: 1, BrokerEpoch: 10, Fenced: 2},
		"clearing the ELR of no topic":      &records.ClearElrRecord{TopicName: "nope"},
		"an ACL":                            &records.AccessControlEntryRecord{},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			m := small(t)
			want := print(m)
			err := m.Apply(record, nil)
			if err == nil || name == "an ACL" && !errors.Is(err, ErrUnsupportedRecord) {
				t.Errorf("got %v", err)
			}
			if got := print(m); got != want {
				t.Errorf("and yet changed\n%s", got)
			}
		})
	}
}

// drawRecord makes some record that a controller could write next.
func drawRecord(t *rapid.T, m *Image) records.Record {
	node := func() engine.NodeID { return engine.NodeID(rapid.IntRange(1, 4).Draw(t, "node")) }
	pick := func() *Topic {
		if m.TopicCount() == 0 {
			return nil
		}
		return m.Topic(rapid.SampledFrom(m.TopicNames()).Draw(t, "topic"))
	}
	switch rapid.IntRange(0, 8).Draw(t, "kind") {
	case 0, 1:
		name := rapid.StringMatching(`[a-e]`).Draw(t, "name")
		if m.Topic(name) == nil {
			return &records.TopicRecord{Name: name, TopicID: engine.TopicID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))}
		}
	case 2, 3:
		if topic := pick(); topic != nil {
			return partitionRecord(topic.ID, int32(len(topic.Partitions)), node(), node())
		}
	case 4:
		if topic := pick(); topic != nil && len(topic.Partitions) > 0 {
			return changed(topic.ID, int32(rapid.IntRange(0, len(topic.Partitions)-1).Draw(t, "partition")), func(r *records.PartitionChangeRecord) {
				r.Leader, r.ISR, r.EligibleLeaderReplicas = node(), ids(node()), ids(node())
			})
		}
	case 5:
		return brokerRecord(node(), engine.BrokerEpoch(rapid.IntRange(0, 99).Draw(t, "epoch")))
	case 6:
		if all := m.BrokerIDs(); len(all) > 0 {
			b := m.Broker(rapid.SampledFrom(all).Draw(t, "broker"))
			return &records.BrokerRegistrationChangeRecord{BrokerID: b.ID, BrokerEpoch: b.Epoch, Fenced: int8(rapid.IntRange(-1, 1).Draw(t, "fenced"))}
		}
	case 7:
		value := rapid.String().Draw(t, "value")
		return &records.ConfigRecord{ResourceType: 2, ResourceName: "a", Name: "k", Value: &value}
	case 8:
		if topic := pick(); topic != nil {
			return &records.RemoveTopicRecord{TopicID: topic.ID}
		}
	}
	return &records.FeatureLevelRecord{Name: MetadataVersion, FeatureLevel: 30}
}

func TestEncodeBuildsTheSameImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, inOneDelta := NewImage(), NewDelta()
		for range rapid.IntRange(0, 40).Draw(t, "records") {
			delta := inOneDelta
			if rapid.Bool().Draw(t, "own delta") {
				delta = nil
			}
			if err := m.Apply(drawRecord(t, m), delta); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(t, "clone") == 0 {
				m = m.Clone()
			}
		}
		again := NewImage()
		for _, v := range m.Encode() {
			back, err := records.DecodeFrame(records.AppendFrame(nil, v))
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Apply(back.Record, nil); err != nil {
				t.Fatal(err)
			}
		}
		if want, got := print(m), print(again); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
}
