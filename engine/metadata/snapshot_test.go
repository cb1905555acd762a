package metadata

import (
	"fmt"
	"testing"

	"bitacora/engine"
	"bitacora/engine/metadata/records"
)

// TestDifference: the delta between two images says what led from one to the other,
// whoever applied the records.
func TestDifference(t *testing.T) {
	apply := func(m *Image, all ...records.Record) {
		t.Helper()
		for _, r := range all {
			if err := m.Apply(r, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	topic := func(n byte) []records.Record {
		id := engine.TopicID{n}
		p := records.NewPartitionRecord()
		p.PartitionID, p.TopicID, p.Replicas, p.ISR, p.Leader = 0, id, []engine.NodeID{1, 2}, []engine.NodeID{1, 2}, 1
		q := p
		q.PartitionID = 1
		return []records.Record{&records.TopicRecord{Name: fmt.Sprintf("t%d", n), TopicID: id}, &p, &q}
	}
	broker := func(id engine.NodeID, epoch engine.BrokerEpoch) *records.RegisterBrokerRecord {
		r := records.NewRegisterBrokerRecord()
		r.BrokerID, r.BrokerEpoch = id, epoch
		return &r
	}
	config := func(name string) *records.ConfigRecord {
		value := "1"
		return &records.ConfigRecord{ResourceType: int8(ResourceTopic), ResourceName: name, Name: "segment.ms", Value: &value}
	}
	before := NewImage()
	for n := byte(1); n <= 3; n++ {
		apply(before, topic(n)...)
	}
	apply(before, broker(1, 5), broker(2, 6), broker(3, 7), config("t1"), config("t2"))
	after := before.Clone()
	change := records.NewPartitionChangeRecord()
	change.TopicID, change.PartitionID, change.Leader = engine.TopicID{2}, 1, 2
	apply(after, &records.RemoveTopicRecord{TopicID: engine.TopicID{1}}, &change, broker(2, 9),
		&records.UnregisterBrokerRecord{BrokerID: 3, BrokerEpoch: 7}, &records.ProducerIdsRecord{NextProducerID: 1000})
	apply(after, topic(4)...)

	d := Difference(before, after)
	var got []string
	for _, td := range d.Topics() {
		got = append(got, fmt.Sprintf("%s %v %v %v %v", td.Name, td.Created, td.Deleted, td.Partitions(), td.BeforeAll() != nil))
	}
	if want := "[t1 false true [] true t2 false false [1] true t4 true false [0 1] false]"; fmt.Sprint(got) != want {
		t.Errorf("topics %v, want %s", got, want)
	}
	if b := d.Brokers(); fmt.Sprint(b) != "[2 3]" || d.BrokerBefore(2).Epoch != 6 {
		t.Errorf("brokers %v", b)
	}
	if c := d.Configs(); len(c) != 1 || c[0].Name != "t1" {
		t.Errorf("configs %v", c)
	}
	if !d.ProducerIDs() || d.Features() {
		t.Error("producer ids changed, features did not")
	}
	if !Difference(after, after.Clone()).Empty() {
		t.Error("an image differs from itself")
	}
	// What Encode writes builds the same image.
	again := NewImage()
	for _, r := range after.Encode() {
		apply(again, r.Record)
	}
	if !Difference(after, again).Empty() {
		t.Error("an image differs from what its records build")
	}
}
