package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// metadataID is the topic id of the metadata log (Uuid.METADATA_TOPIC_ID).
var metadataID = [16]byte{15: 1}

// quorumClient asks the leader of a quorum for its log, as an observer that is no
// replica does: with Fetch, whose answer tells who leads and in which epoch.
type quorumClient struct {
	addrs  []string // controllers, the likeliest leader first
	epoch  int32
	leader int32
}

// exportMetadata writes the metadata log, and its latest snapshot where the log no
// longer begins at 0.
func (e *exportFlags) exportMetadata(ctx context.Context) (written []writtenFile, err error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	q := quorumClient{addrs: strings.Split(e.controllers, ",")}
	w := segmentWriter{folder: filepath.Join(e.out, metadataTopic+"-0"), bytesMax: e.segmentBytes}
	defer func() {
		files, closed := w.close()
		if written = append(written, files...); err == nil {
			err = closed
		}
	}()
	end := int64(-1)
	for end < 0 || w.next < end {
		p, err := q.fetch(ctx, w.next, w.epoch)
		if err != nil {
			return written, fmt.Errorf("fetch %s from %d: %w", metadataTopic, w.next, err)
		}
		if p.SnapshotID.EndOffset >= 0 && w.file == nil {
			file, err := q.exportSnapshot(ctx, w.folder, p.SnapshotID.EndOffset, p.SnapshotID.Epoch)
			if err != nil {
				return written, fmt.Errorf("snapshot of %s at %d: %w", metadataTopic, p.SnapshotID.EndOffset, err)
			}
			written = append(written, file)
			w.next, w.epoch = p.SnapshotID.EndOffset, p.SnapshotID.Epoch
			continue
		}
		if p.DivergingEpoch.EndOffset >= 0 || p.SnapshotID.EndOffset >= 0 {
			return written, errors.New("the log changed while it was read: try again")
		}
		if end < 0 {
			end = p.HighWatermark
		}
		if w.file == nil {
			if err := w.open(); err != nil {
				return written, err
			}
		}
		before := w.next
		if err := w.write(p.RecordBatches, end); err != nil {
			return written, err
		}
		if w.next == before {
			break
		}
	}
	return written, nil
}

// fetch asks the leader for batches from an offset on, finding it where need be.
func (q *quorumClient) fetch(ctx context.Context, from int64, lastEpoch int32) (*kmsg.FetchResponseTopicPartition, error) {
	var found *kmsg.FetchResponseTopicPartition
	err := q.ask(ctx, func(ctx context.Context, b *kgo.Broker) (code int16, leader, epoch int32, hosts []string, err error) {
		req := kmsg.NewPtrFetchRequest()
		req.MaxBytes, req.ReplicaID = fetchBytes, -1
		rt := kmsg.NewFetchRequestTopic()
		rt.Topic, rt.TopicID = metadataTopic, metadataID
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.FetchOffset, rp.PartitionMaxBytes = from, fetchBytes
		rp.CurrentLeaderEpoch, rp.LastFetchedEpoch = q.epoch, lastEpoch
		rt.Partitions = append(rt.Partitions, rp)
		req.Topics = append(req.Topics, rt)
		answer, err := b.Request(ctx, req)
		if err != nil {
			return 0, -1, 0, nil, err
		}
		resp := answer.(*kmsg.FetchResponse)
		if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
			return resp.ErrorCode, -1, q.epoch, nil, kerr.ErrorForCode(resp.ErrorCode)
		}
		found = &resp.Topics[0].Partitions[0]
		for _, n := range resp.Brokers {
			hosts = append(hosts, net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port))))
		}
		return found.ErrorCode, found.CurrentLeader.LeaderID, found.CurrentLeader.LeaderEpoch, hosts, nil
	})
	return found, err
}

// ask puts a question to one controller after another until the leader answers.
// Who is no leader says which epoch it is, and perhaps where the leader listens.
func (q *quorumClient) ask(ctx context.Context, question func(context.Context, *kgo.Broker) (code int16, leader, epoch int32, hosts []string, err error)) error {
	last := errors.New("no controller answers")
	for range 20 { // epochs may change meanwhile, but not for ever
		for i, addr := range slices.Clone(q.addrs) {
			cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ClientID("bitacora"), kgo.RequestRetries(0))
			if err != nil {
				return usageError{fmt.Errorf("--bootstrap-controller %s: %w", addr, err)}
			}
			code, leader, epoch, hosts, err := question(ctx, cl.SeedBrokers()[0])
			cl.Close()
			if err == nil && code == 0 {
				q.addrs[0], q.addrs[i] = q.addrs[i], q.addrs[0]
				return nil
			}
			if last = err; err == nil {
				last = kerr.ErrorForCode(code)
				q.epoch, q.leader = max(q.epoch, epoch), leader
			}
			for _, host := range hosts {
				if !slices.Contains(q.addrs, host) {
					q.addrs = append(q.addrs, host)
				}
			}
		}
		if ctx.Err() != nil {
			break
		}
		if err := pause(ctx); err != nil {
			break
		}
	}
	return fmt.Errorf("of %s none answers as leader: %w", strings.Join(q.addrs, ", "), last)
}

// exportSnapshot writes a snapshot with the name that Kafka gives it.
func (q *quorumClient) exportSnapshot(ctx context.Context, folder string, end int64, epoch int32) (writtenFile, error) {
	name := filepath.Join(folder, fmt.Sprintf("%020d-%010d.checkpoint", end, epoch))
	out := writtenFile{File: name, From: 0, Until: end}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return out, err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return out, err
	}
	defer file.Close()
	for size := int64(1); out.Bytes < size; {
		part, err := q.fetchSnapshot(ctx, end, epoch, out.Bytes)
		if err != nil {
			return out, err
		}
		if size = part.Size; len(part.Bytes) == 0 && out.Bytes < size {
			return out, errors.New("a part is empty")
		}
		if _, err := file.Write(part.Bytes); err != nil {
			return out, err
		}
		out.Bytes += int64(len(part.Bytes))
	}
	return out, file.Close()
}

func (q *quorumClient) fetchSnapshot(ctx context.Context, end int64, epoch int32, position int64) (*kmsg.FetchSnapshotResponseTopicPartition, error) {
	var found *kmsg.FetchSnapshotResponseTopicPartition
	err := q.ask(ctx, func(ctx context.Context, b *kgo.Broker) (int16, int32, int32, []string, error) {
		req := kmsg.NewPtrFetchSnapshotRequest()
		req.ReplicaID, req.MaxBytes = -1, fetchBytes
		rt := kmsg.NewFetchSnapshotRequestTopic()
		rt.Topic = metadataTopic
		rp := kmsg.NewFetchSnapshotRequestTopicPartition()
		rp.CurrentLeaderEpoch, rp.Position = q.epoch, position
		rp.SnapshotID.EndOffset, rp.SnapshotID.Epoch = end, epoch
		rt.Partitions = append(rt.Partitions, rp)
		req.Topics = append(req.Topics, rt)
		answer, err := b.Request(ctx, req)
		if err != nil {
			return 0, -1, 0, nil, err
		}
		resp := answer.(*kmsg.FetchSnapshotResponse)
		if resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
			return resp.ErrorCode, -1, q.epoch, nil, kerr.ErrorForCode(resp.ErrorCode)
		}
		found = &resp.Topics[0].Partitions[0]
		leader := found.CurrentLeader
		return found.ErrorCode, leader.LeaderID, leader.LeaderEpoch, nil, nil
	})
	return found, err
}
