package oracle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Script is one behaviour: what is asked, broken and written down.
type Script struct {
	Name  string // of the recording, e.g. 01-kill9-leader
	Title string
	Setup string
	// Fresh is set where the cluster must just have started, with no topics.
	Fresh bool
	// Breaks is set where nodes are killed or stopped; such a script has a
	// cluster of its own, so that it may run beside others.
	Breaks bool
	Run    func(r *Run) error
}

// Scripts lists every behaviour in the order of their names.
func Scripts() []Script {
	return []Script{
		killLeader, cleanShutdown, killControllerAndLeader, fetchAndEpochs, idempotence,
		produceValidation, autoCreation, freshCluster, listOffsets, deleteWhileProducing,
	}
}

// Play runs a script against a cluster and gives back what it saw.
func Play(ctx context.Context, cluster Cluster, s Script) (*Transcript, error) {
	r := newRun(ctx, cluster, s)
	if err := r.learnOffered(); err != nil {
		return nil, fmt.Errorf("%s on %s: %w", s.Name, cluster.Name(), err)
	}
	if err := s.Run(r); err != nil {
		return r.out, fmt.Errorf("%s on %s: after %q: %w", s.Name, cluster.Name(), r.lastStep(), err)
	}
	return r.out, nil
}

// Run is one playing of a script.
type Run struct {
	ctx     context.Context
	cluster Cluster
	probe   *Probe
	offered map[int16]bool

	mu  sync.Mutex
	out *Transcript
}

func newRun(ctx context.Context, cluster Cluster, s Script) *Run {
	return &Run{
		ctx:     ctx,
		cluster: cluster,
		probe:   &Probe{ctx: ctx, cluster: cluster},
		out:     &Transcript{Title: s.Title, Setup: s.Setup},
	}
}

// note writes a step down: what, then name, value, name, value, ...
func (r *Run) note(what string, pairs ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := append(object("what", what), object(pairs...)...)
	r.out.Steps = append(r.out.Steps, step)
}

func (r *Run) lastStep() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.out.Steps); n > 0 {
		return fmt.Sprint(r.out.Steps[n-1][0].Value)
	}
	return "the start"
}

// learnOffered asks which APIs the cluster has.
func (r *Run) learnOffered() error {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = clientID, "1"
	resp, err := send[*kmsg.ApiVersionsResponse](r.probe, brokerIDs[0], req, 3)
	if err != nil {
		return err
	}
	r.offered = make(map[int16]bool)
	for _, k := range resp.ApiKeys {
		r.offered[k.ApiKey] = true
	}
	return nil
}

// offersQuorum says whether the metadata quorum can be asked about.
func (r *Run) offersQuorum() bool { return r.offered[kmsg.DescribeQuorum.Int16()] }

// needs says whether the cluster offers an API; where it does not, the step is
// written down as not offered.
func (r *Run) needs(api kmsg.Key, what string) bool {
	if r.offered[api.Int16()] {
		return true
	}
	r.note(what, fieldNotOffered, api.Name())
	return false
}

// missing writes steps down that cannot be taken without an API, so that a
// script has as many steps as where it is offered.
func (r *Run) missing(api kmsg.Key, whats ...string) {
	for _, what := range whats {
		r.note(what, fieldNotOffered, api.Name())
	}
}

// silenceOr gives the answer in words where the peer was silent, and stops the
// script where err is the probe's own trouble.
func silenceOr(err error) (any, error) {
	if isSilence(err) {
		return silenceName(err), nil
	}
	return nil, err
}

// pause waits; the scripts use it only where what is compared is that something
// does not happen, or how long something takes.
func (r *Run) pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-t.C:
		return nil
	}
}

// assignment is the replicas of each partition of a topic.
type assignment [][]int32

// createTopic makes a topic with its replicas where the script wants them and
// waits until every broker knows its leaders. It is not written down.
func (r *Run) createTopic(name string, replicas assignment, configs ...string) error {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 10_000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, -1, -1
	for i, ids := range replicas {
		a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		a.Partition, a.Replicas = int32(i), ids
		t.ReplicaAssignment = append(t.ReplicaAssignment, a)
	}
	for i := 0; i+1 < len(configs); i += 2 {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = configs[i], kmsg.StringPtr(configs[i+1])
		t.Configs = append(t.Configs, c)
	}
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.CreateTopicsResponse](r.probe, brokerIDs[0], req, 7)
	if err != nil {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	if got := resp.Topics[0]; got.ErrorCode != 0 {
		return fmt.Errorf("create topic %s: %s %s", name, codeName(got.ErrorCode), deref(got.ErrorMessage))
	}
	return r.awaitTopic(name, len(replicas), brokerIDs...)
}

// awaitTopic waits until brokers tell of as many partitions with leaders, all
// their replicas in sync and, as far as the leader is concerned, serving.
func (r *Run) awaitTopic(name string, partitions int, brokers ...int32) error {
	return await(r.ctx, 30*time.Second, "topic "+name, func() (bool, error) {
		for _, b := range brokers {
			t, err := r.topicMetadata(b, name)
			if err != nil {
				return false, err
			}
			if t.ErrorCode != 0 || len(t.Partitions) != partitions {
				return false, fmt.Errorf("broker %d: %s, %d partitions", b, codeName(t.ErrorCode), len(t.Partitions))
			}
			for _, p := range t.Partitions {
				if p.ErrorCode != 0 || len(p.ISR) != len(p.Replicas) {
					return false, fmt.Errorf("broker %d: partition %d: %s isr %v", b, p.Partition, codeName(p.ErrorCode), p.ISR)
				}
			}
		}
		return r.leadersServe(name, partitions)
	})
}

// leadersServe asks each leader for its log end: a broker knows of its
// leadership a little after metadata tells of it.
func (r *Run) leadersServe(name string, partitions int) (bool, error) {
	t, err := r.topicMetadata(brokerIDs[0], name)
	if err != nil {
		t, err = r.topicMetadata(brokerIDs[2], name)
	}
	if err != nil {
		return false, err
	}
	for p := range partitions {
		part, ok := partitionOf(t, int32(p))
		if !ok {
			return false, fmt.Errorf("partition %d is not there", p)
		}
		if _, err := r.logEnd(part.Leader, name, int32(p)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// logEnd asks a broker for the end of a partition it leads.
func (r *Run) logEnd(broker int32, topic string, partition int32) (int64, error) {
	got, err := r.listOffsets(broker, topic, partition, -1, 0, 6)
	if err != nil {
		return 0, err
	}
	if got.ErrorCode != 0 {
		return 0, fmt.Errorf("ListOffsets of %s-%d at broker %d: %s", topic, partition, broker, codeName(got.ErrorCode))
	}
	return got.Offset, nil
}

func (r *Run) listOffsets(broker int32, topic string, partition int32, timestamp int64, isolation int8, version int16) (kmsg.ListOffsetsResponseTopicPartition, error) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID, req.IsolationLevel = -1, isolation
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	p := kmsg.NewListOffsetsRequestTopicPartition()
	p.Partition, p.CurrentLeaderEpoch, p.Timestamp = partition, -1, timestamp
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	resp, err := send[*kmsg.ListOffsetsResponse](r.probe, broker, req, version)
	if err != nil {
		return kmsg.ListOffsetsResponseTopicPartition{}, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return kmsg.ListOffsetsResponseTopicPartition{}, errors.New("ListOffsets answered with another number of partitions")
	}
	return resp.Topics[0].Partitions[0], nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
