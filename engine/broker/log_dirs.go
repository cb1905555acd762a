package broker

import (
	"slices"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeLogDirs: key 35, v1-v5. Kafka 4.3; KIP-113, KIP-827, KIP-1066.
// Read: KafkaApis.handleDescribeLogDirsRequest, ReplicaManager.describeLogDirs.
//   - a broker has one log directory; all copies lie in it
//   - no topics named (null): all; what is not here is left out
//
// Not modelled: the directory's total and usable space (-1: not known).
// Shown in: TestLogDirs
func (b *Broker) handleDescribeLogDirs(env *engine.Env, request engine.Request, req *kmsg.DescribeLogDirsRequest) {
	resp := req.ResponseKind().(*kmsg.DescribeLogDirsResponse)
	dir := kmsg.NewDescribeLogDirsResponseDir()
	dir.Dir = b.logDir()
	dir.Topics = []kmsg.DescribeLogDirsResponseDirTopic{}
	for _, tp := range b.replicas.Partitions() {
		if req.Topics != nil && !slices.ContainsFunc(req.Topics, func(t kmsg.DescribeLogDirsRequestTopic) bool {
			return t.Topic == tp.Topic && slices.Contains(t.Partitions, tp.Partition)
		}) {
			continue
		}
		if n := len(dir.Topics); n == 0 || dir.Topics[n-1].Topic != tp.Topic {
			t := kmsg.NewDescribeLogDirsResponseDirTopic()
			t.Topic = tp.Topic
			dir.Topics = append(dir.Topics, t)
		}
		k := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
		s, _ := b.replicas.State(tp)
		k.Partition, k.Size, k.OffsetLag = tp.Partition, s.Bytes, int64(max(0, s.HighWatermark-s.LogEnd))
		t := &dir.Topics[len(dir.Topics)-1]
		t.Partitions = append(t.Partitions, k)
	}
	resp.Dirs = append(resp.Dirs, dir)
	env.Reply(request, resp, engine.Durable{})
}

// handleAlterReplicaLogDirs: key 34, v1-v2. Kafka 4.3; KIP-113.
// Read: ReplicaManager.alterReplicaLogDirs. With one directory a copy can only be
// asked to stay where it is; any other is LOG_DIR_NOT_FOUND, as Kafka answers for
// a directory that is not in log.dirs. Shown in: TestLogDirs
func (b *Broker) handleAlterReplicaLogDirs(env *engine.Env, request engine.Request, req *kmsg.AlterReplicaLogDirsRequest) {
	resp := req.ResponseKind().(*kmsg.AlterReplicaLogDirsResponse)
	for _, dir := range req.Dirs {
		for _, t := range dir.Topics {
			at := slices.IndexFunc(resp.Topics, func(r kmsg.AlterReplicaLogDirsResponseTopic) bool { return r.Topic == t.Topic })
			if at < 0 {
				answer := kmsg.NewAlterReplicaLogDirsResponseTopic()
				answer.Topic = t.Topic
				at, resp.Topics = len(resp.Topics), append(resp.Topics, answer)
			}
			for _, number := range t.Partitions {
				p := kmsg.NewAlterReplicaLogDirsResponseTopicPartition()
				p.Partition = number
				_, here := b.replicas.State(engine.TopicPartition{Topic: t.Topic, Partition: number})
				switch {
				case dir.Dir != b.logDir():
					p.ErrorCode = int16(engine.ErrLogDirNotFound)
				case !here:
					p.ErrorCode = int16(engine.ErrReplicaNotAvailable)
				}
				resp.Topics[at].Partitions = append(resp.Topics[at].Partitions, p)
			}
		}
	}
	env.Reply(request, resp, engine.Durable{})
}

// logDir names the broker's one directory.
func (b *Broker) logDir() string {
	if b.cfg.LogDir != "" {
		return b.cfg.LogDir
	}
	return "node-" + decimal(int64(b.cfg.NodeID))
}
