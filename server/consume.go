package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"
)

func newConsume() *cobra.Command {
	var f toolFlags
	var group string
	var beginning, keys bool
	var most int
	var idle time.Duration
	c := &cobra.Command{
		Use: "consume TOPIC", Short: "Print records as they are committed", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			opts := []kgo.Opt{kgo.ConsumeTopics(args[0]), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd())}
			if beginning {
				opts = append(opts, kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
			}
			if group != "" {
				// What was printed is committed, and nothing else.
				opts = append(opts, kgo.ConsumerGroup(group), kgo.AutoCommitMarks())
			}
			cl, err := f.client(opts...)
			if err != nil {
				return err
			}
			defer cl.Close()
			return consumeRecords(c, &f, cl, most, idle, keys)
		},
	}
	f.add(c)
	c.Flags().StringVar(&group, "group", "", "the consumer group to read in; without it nothing is committed")
	c.Flags().BoolVar(&beginning, "from-beginning", false, "begin with the first record, where the group has no offset")
	c.Flags().BoolVar(&keys, "print-key", false, "print key, a tab and value")
	c.Flags().IntVar(&most, "max-messages", 0, "stop after so many records; 0 goes on")
	c.Flags().DurationVar(&idle, "timeout", 0, "stop when nothing comes for so long; 0 waits for ever")
	return c
}

func consumeRecords(c *cobra.Command, f *toolFlags, cl *kgo.Client, most int, idle time.Duration, keys bool) error {
	out := bufio.NewWriter(c.OutOrStdout())
	err := consumeUntil(c, f, cl, out, most, idle, keys)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	// The last records were printed after the last commit.
	ctx, cancel := context.WithTimeout(context.Background(), toolTimeout)
	defer cancel()
	if committed := cl.CommitMarkedOffsets(ctx); err == nil {
		err = committed
	}
	return err
}

func consumeUntil(c *cobra.Command, f *toolFlags, cl *kgo.Client, out *bufio.Writer, most int, idle time.Duration, keys bool) error {
	for n := 0; most == 0 || n < most; {
		ctx, cancel := c.Context(), context.CancelFunc(func() {})
		if idle > 0 {
			ctx, cancel = context.WithTimeout(c.Context(), idle)
		}
		fetches := cl.PollFetches(ctx)
		cancel()
		if c.Context().Err() != nil || errors.Is(fetches.Err0(), context.DeadlineExceeded) {
			return nil
		}
		if errs := fetches.Errors(); len(errs) > 0 {
			return fmt.Errorf("read %s: %w", errs[0].Topic, errs[0].Err)
		}
		for _, r := range fetches.Records() {
			if most > 0 && n == most {
				break
			}
			n++
			if err := printRecord(out, f, r, keys); err != nil {
				return err
			}
			cl.MarkCommitRecords(r)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func printRecord(out *bufio.Writer, f *toolFlags, r *kgo.Record, keys bool) error {
	if f.json {
		return json.NewEncoder(out).Encode(map[string]any{
			"topic": r.Topic, "partition": r.Partition, "offset": r.Offset, "timestamp": r.Timestamp.UnixMilli(),
			"leaderEpoch": r.LeaderEpoch, "key": text(r.Key), "value": text(r.Value),
		})
	}
	var err error
	if keys {
		_, err = fmt.Fprintf(out, "%s\t%s\n", orNull(r.Key), orNull(r.Value))
	} else {
		_, err = fmt.Fprintf(out, "%s\n", orNull(r.Value))
	}
	return err
}

// text is bytes as JSON has them: null stays null.
func text(b []byte) any {
	if b == nil {
		return nil
	}
	return string(b)
}

func orNull(b []byte) []byte {
	if b == nil {
		return []byte("null")
	}
	return b
}
