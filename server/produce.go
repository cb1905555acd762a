package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
)

// lineBytesMax bounds a line of standard input: Kafka's largest batch by default is
// 1 MiB, and a longer record would be refused.
const lineBytesMax = 1 << 20

func newProduce() *cobra.Command {
	var f toolFlags
	var acks, separator string
	var partition int32
	c := &cobra.Command{
		Use: "produce TOPIC", Short: "Write the lines of standard input as records", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			opts, err := producerOptions(acks, partition)
			if err != nil {
				return err
			}
			cl, err := f.client(append(opts, kgo.AllowAutoTopicCreation())...)
			if err != nil {
				return err
			}
			defer cl.Close()
			return produceLines(c, &f, cl, args[0], separator, partition)
		},
	}
	f.add(c)
	c.Flags().StringVar(&acks, "acks", "all", "whose acknowledgement to wait for: 0, 1 or all")
	c.Flags().StringVar(&separator, "key-separator", "", "what stands between key and value; without it records have no key")
	c.Flags().Int32Var(&partition, "partition", -1, "write to one partition; -1 lets the key decide")
	return c
}

func producerOptions(acks string, partition int32) ([]kgo.Opt, error) {
	opts := []kgo.Opt{kgo.RecordDeliveryTimeout(toolTimeout)}
	switch acks {
	case "all", "-1":
		opts = append(opts, kgo.RequiredAcks(kgo.AllISRAcks()))
	case "1":
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	case "0":
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	default:
		return nil, usageError{fmt.Errorf("--acks %s: 0, 1 and all are", acks)}
	}
	if partition >= 0 {
		opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	return opts, nil
}

func produceLines(c *cobra.Command, f *toolFlags, cl *kgo.Client, topic, separator string, partition int32) error {
	lines := bufio.NewScanner(c.InOrStdin())
	lines.Buffer(nil, lineBytesMax)
	var mu sync.Mutex
	var failed error
	sent, acked := 0, 0
	ctx := c.Context()
	for lines.Scan() {
		r := &kgo.Record{Topic: topic, Partition: partition, Value: []byte(lines.Text())}
		if key, value, ok := strings.Cut(lines.Text(), separator); separator != "" {
			if !ok {
				return fmt.Errorf("line %d has no key: %q is not in it", sent+1, separator)
			}
			r.Key, r.Value = []byte(key), []byte(value)
		}
		sent++
		cl.Produce(ctx, r, func(_ *kgo.Record, err error) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				acked++
			} else if failed == nil {
				failed = err
			}
		})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	if err := cl.Flush(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	if f.json {
		if err := f.print(c, map[string]int{"sent": sent, "acknowledged": acked}, "", nil); err != nil {
			return err
		}
	}
	if failed != nil {
		return fmt.Errorf("%d of %d records were not acknowledged; the first: %w", sent-acked, sent, failed)
	}
	return nil
}
