package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"bitacora/engine/batch"
)

// metadataTopic is the log of the KRaft quorum, which only controllers give.
const metadataTopic = "__cluster_metadata"

func newRecords() *cobra.Command {
	var f toolFlags
	c := &cobra.Command{Use: "records", Short: "Take records out of a cluster, as they are stored"}
	f.add(c)
	c.AddCommand(newRecordsExport(&f))
	return c
}

// exportFlags are what records export takes.
type exportFlags struct {
	tool         *toolFlags
	out          string
	controllers  string
	segmentBytes int64
}

func newRecordsExport(f *toolFlags) *cobra.Command {
	e := exportFlags{tool: f}
	c := &cobra.Command{
		Use:   "export TOPIC",
		Short: "Write a topic's batches into segment files as Kafka's own",
		Long: `Write a topic's batches, byte for byte as the cluster sends them, into files that
Kafka's own tools read: DIR/TOPIC-PARTITION/00000000000000000000.log, named by the
base offset of the first batch. Only what is committed is written.

__cluster_metadata is the log of the controllers: name them with
--bootstrap-controller. Its latest snapshot, if it has one, is written beside it.`,
		Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			if e.segmentBytes < 1 {
				return usageError{fmt.Errorf("--segment-bytes %d: it must be at least 1", e.segmentBytes)}
			}
			written, err := e.export(c.Context(), args[0])
			if err != nil {
				return err
			}
			var rows [][]string
			for _, w := range written {
				rows = append(rows, []string{w.File, strconv.FormatInt(w.From, 10), strconv.FormatInt(w.Until, 10), strconv.Itoa(w.Batches), strconv.FormatInt(w.Bytes, 10)})
			}
			return f.print(c, written, "FILE FROM UNTIL BATCHES BYTES", rows)
		},
	}
	c.Flags().StringVar(&e.out, "out", ".", "the folder to write into")
	c.Flags().StringVar(&e.controllers, "bootstrap-controller", "", "HOST:PORT of controllers, separated by commas, for "+metadataTopic)
	c.Flags().Int64Var(&e.segmentBytes, "segment-bytes", 1<<30, "begin another file before one is larger")
	return c
}

func (e *exportFlags) export(ctx context.Context, topic string) (written []writtenFile, err error) {
	if topic == metadataTopic {
		if e.controllers == "" {
			return nil, usageError{errors.New(metadataTopic + " is on the controllers: name them with --bootstrap-controller")}
		}
		return e.exportMetadata(ctx)
	}
	cl, err := e.tool.client()
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	first, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	if err := cl.Ping(first); err != nil {
		return nil, fmt.Errorf("no broker answers at %s: %w", e.tool.bootstrap, err)
	}
	return e.exportTopic(ctx, cl, topic)
}

// exportTopic writes all partitions, up to where each is committed now.
func (e *exportFlags) exportTopic(ctx context.Context, cl *kgo.Client, topic string) ([]writtenFile, error) {
	admin := kadm.NewClient(cl)
	topics, err := admin.ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return nil, err
	}
	detail := topics[topic]
	if detail.Err != nil {
		return nil, fmt.Errorf("topic %s: %w", topic, detail.Err)
	}
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("start of %s: %w", topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("end of %s: %w", topic, err)
	}
	var written []writtenFile
	for _, p := range detail.Partitions.Sorted() {
		start, _ := starts.Lookup(topic, p.Partition)
		end, _ := ends.Lookup(topic, p.Partition)
		w := segmentWriter{folder: filepath.Join(e.out, fmt.Sprintf("%s-%d", topic, p.Partition)), bytesMax: e.segmentBytes, next: start.Offset}
		err := e.exportPartition(ctx, cl, detail.ID, topic, p.Partition, end.Offset, &w)
		files, closed := w.close()
		if written = append(written, files...); err == nil {
			err = closed
		}
		if err != nil {
			return written, fmt.Errorf("%s-%d: %w", topic, p.Partition, err)
		}
	}
	return written, nil
}

// fetchBytes is how much is asked for at once.
const fetchBytes = 8 << 20

// exportPartition fetches from the leader, whoever that is, until the end.
func (e *exportFlags) exportPartition(ctx context.Context, cl *kgo.Client, id [16]byte, topic string, partition int32, end int64, w *segmentWriter) error {
	deadline := time.Now().Add(toolTimeout)
	if err := w.open(); err != nil {
		return err
	}
	for w.next < end {
		run, err := fetchRaw(ctx, cl, id, topic, partition, w.next)
		if err != nil {
			if !kerr.IsRetriable(err) || time.Now().After(deadline) {
				return fmt.Errorf("fetch from %d: %w", w.next, err)
			}
			if err := pause(ctx); err != nil {
				return err
			}
			continue
		}
		before := w.next
		if err := w.write(run, end); err != nil {
			return err
		}
		if w.next == before {
			return nil // compaction left nothing up to the end
		}
		deadline = time.Now().Add(toolTimeout)
	}
	return nil
}

// retryPause is how long a leader that moves is left alone.
const retryPause = 200 * time.Millisecond

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(retryPause):
		return nil
	}
}

func fetchRaw(ctx context.Context, cl *kgo.Client, id [16]byte, topic string, partition int32, from int64) ([]byte, error) {
	topics, err := kadm.NewClient(cl).ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return nil, err
	}
	detail := topics[topic].Partitions[partition]
	if detail.Err != nil {
		return nil, detail.Err
	}
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 500, 1, fetchBytes
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.TopicID = topic, id
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = partition, from, fetchBytes
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	answer, err := cl.Broker(int(detail.Leader)).Request(ctx, req)
	if err != nil {
		return nil, err
	}
	return recordsOf(answer.(*kmsg.FetchResponse))
}

// recordsOf gives the records of an answer about one partition.
func recordsOf(resp *kmsg.FetchResponse) ([]byte, error) {
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return nil, errors.New("the answer is not about the partition that was asked for")
	}
	p := &resp.Topics[0].Partitions[0]
	return p.RecordBatches, kerr.ErrorForCode(p.ErrorCode)
}

// writtenFile is one file that was written, as --json tells it.
type writtenFile struct {
	File    string `json:"file"`
	From    int64  `json:"from"`
	Until   int64  `json:"until"`
	Batches int    `json:"batches"`
	Bytes   int64  `json:"bytes"`
}

// segmentWriter writes batches into the files of one partition.
type segmentWriter struct {
	folder   string
	bytesMax int64
	next     int64 // the offset after what was written
	epoch    int32 // of the last batch
	file     *os.File
	files    []writtenFile
}

// open makes the folder and the first file, which an empty partition has, too.
func (w *segmentWriter) open() error {
	if err := os.MkdirAll(w.folder, 0o755); err != nil {
		return err
	}
	return w.begin(w.next)
}

// begin begins a file. One that is there is somebody's.
func (w *segmentWriter) begin(base int64) error {
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			return err
		}
		w.file = nil
	}
	name := filepath.Join(w.folder, fmt.Sprintf("%020d.log", base))
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already", name)
	}
	if err != nil {
		return err
	}
	w.file = file
	w.files = append(w.files, writtenFile{File: name, From: base, Until: base})
	return nil
}

// write appends the whole batches of a run that begin at or after next, or hold it,
// and end below end.
func (w *segmentWriter) write(run []byte, end int64) error {
	it := batch.Iterate(run)
	for it.Next() {
		b := it.Batch()
		if int64(b.LastOffset()) < w.next {
			continue
		}
		if int64(b.LastOffset()) >= end {
			break
		}
		if err := b.EnsureValid(); err != nil {
			return fmt.Errorf("batch at %d: %w", b.BaseOffset(), err)
		}
		f := &w.files[len(w.files)-1]
		if base := int64(b.BaseOffset()); f.Bytes > 0 && f.Bytes+int64(len(b)) > w.bytesMax {
			if err := w.begin(base); err != nil {
				return err
			}
			f = &w.files[len(w.files)-1]
		}
		if _, err := w.file.Write(b); err != nil {
			return err
		}
		f.Bytes += int64(len(b))
		f.Batches++
		w.next, w.epoch = int64(b.NextOffset()), int32(b.PartitionLeaderEpoch())
		f.Until = w.next
	}
	return it.Err()
}

func (w *segmentWriter) close() ([]writtenFile, error) {
	if w.file == nil {
		return w.files, nil
	}
	return slices.Clone(w.files), w.file.Close()
}
