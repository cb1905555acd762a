package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"bitacora/server/hub"
	"bitacora/server/live"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Waiting for replicas that move away from a broker: as long as they need, looked
// at now and then.
const (
	moveLimit    = 10 * time.Minute
	moveInterval = 250 * time.Millisecond
)

func newBrokers() *cobra.Command {
	var f toolFlags
	var addr, token string
	c := &cobra.Command{Use: "brokers", Short: "Show brokers, and add one to or remove one from a running cluster"}
	f.add(c)
	c.PersistentFlags().StringVar(&addr, "http", "127.0.0.1:8080", "where the server's page is")
	c.PersistentFlags().StringVar(&token, "token", "", "the token that the server printed, where it listens beyond loopback")
	c.AddCommand(newBrokersList(&f), newBrokersAdd(&f, &addr, &token), newBrokersRemove(&f, &addr, &token))
	return c
}

func newBrokersList(f *toolFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the brokers of any Kafka cluster", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				all, err := admin.ListBrokers(ctx)
				if err != nil {
					return err
				}
				var rows [][]string
				for _, b := range all {
					rack := "-"
					if b.Rack != nil {
						rack = *b.Rack
					}
					rows = append(rows, []string{fmt.Sprint(b.NodeID), fmt.Sprintf("%s:%d", b.Host, b.Port), rack})
				}
				return f.print(c, all, "ID ADDRESS RACK", rows)
			})
		},
	}
}

func newBrokersAdd(f *toolFlags, addr, token *string) *cobra.Command {
	return &cobra.Command{
		Use: "add", Short: "Start one more broker in a running Bitácora", Args: exactly(0),
		Long: "Start one more broker in a running Bitácora. It holds nothing yet: new topics use it, and\n" +
			"reassignments (kafka-reassign-partitions, say) move replicas to it.",
		RunE: func(c *cobra.Command, _ []string) error {
			done, err := postBrokers(*addr, *token, hub.BrokerChange{Action: "add"})
			if err != nil {
				return err
			}
			if f.json {
				return f.print(c, done, "", nil)
			}
			fmt.Fprintf(c.OutOrStdout(), "Broker %d is starting.\n", done.Node)
			return nil
		},
	}
}

func newBrokersRemove(f *toolFlags, addr, token *string) *cobra.Command {
	return &cobra.Command{
		Use: "remove ID", Short: "Move a broker's replicas away, stop it and unregister it", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := parseNode(args[0])
			if err != nil {
				return err
			}
			cl, err := f.client()
			if err != nil {
				return err
			}
			defer cl.Close()
			ctx, cancel := context.WithTimeout(c.Context(), moveLimit)
			defer cancel()
			admin := kadm.NewClient(cl)
			if err := drainBroker(ctx, admin, int32(id)); err != nil {
				return err
			}
			if _, err := postBrokers(*addr, *token, hub.BrokerChange{Action: "remove", Node: id}); err != nil {
				return err
			}
			req := kmsg.NewPtrUnregisterBrokerRequest()
			req.BrokerID = int32(id)
			resp, err := req.RequestWith(ctx, cl)
			if err == nil {
				err = kerr.ErrorForCode(resp.ErrorCode)
			}
			if err != nil {
				return fmt.Errorf("unregister broker %d: %w", id, err)
			}
			fmt.Fprintf(c.OutOrStdout(), "Broker %d is gone.\n", id)
			return nil
		},
	}
}

// drainBroker reassigns every replica of a broker to others and waits for the end.
func drainBroker(ctx context.Context, admin *kadm.Client, id int32) error {
	meta, err := admin.Metadata(ctx)
	if err != nil {
		return err
	}
	holds := map[int32]int{} // replicas by broker
	for _, b := range meta.Brokers {
		if b.NodeID != id {
			holds[b.NodeID] = 0
		}
	}
	if len(holds) == 0 {
		return errors.New("it is the only broker")
	}
	for other := range holds {
		if other > id { // before anything moves
			return fmt.Errorf("remove broker %d: %w", id, live.ErrNotLast)
		}
	}
	var req kadm.AlterPartitionAssignmentsReq
	moves := 0
	meta.Topics.EachPartition(func(p kadm.PartitionDetail) {
		for _, r := range p.Replicas {
			if r != id {
				holds[r]++
			}
		}
	})
	for _, t := range meta.Topics.Sorted() {
		for _, p := range t.Partitions.Sorted() {
			if slices.Contains(p.Replicas, id) {
				req.Assign(t.Topic, p.Partition, replaced(p.Replicas, id, holds))
				moves++
			}
		}
	}
	if moves == 0 {
		return nil
	}
	answers, err := admin.AlterPartitionAssignments(ctx, req)
	if err != nil {
		return err
	}
	for _, a := range answers.Sorted() {
		if a.Err != nil {
			return answerError(fmt.Sprintf("move %s-%d", a.Topic, a.Partition), a.Err, a.ErrMessage)
		}
	}
	for {
		under, err := admin.ListPartitionReassignments(ctx, nil)
		if err != nil {
			return err
		}
		if len(under) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("replicas are still moving away from broker %d: %w", id, ctx.Err())
		case <-time.After(moveInterval):
		}
	}
}

// replaced gives the replicas with another broker, that holds the fewest, in the
// place of one that goes; without one where all others hold a copy already.
func replaced(replicas []int32, id int32, holds map[int32]int) []int32 {
	best := int32(-1)
	for other, n := range holds {
		if !slices.Contains(replicas, other) && (best < 0 || n < holds[best] || n == holds[best] && other < best) {
			best = other
		}
	}
	var out []int32
	for _, r := range replicas {
		switch {
		case r != id:
			out = append(out, r)
		case best >= 0:
			out = append(out, best)
			holds[best]++
		}
	}
	return out
}

func postBrokers(addr, token string, b hub.BrokerChange) (done hub.BrokerChange, err error) {
	body, err := json.Marshal(b)
	if err != nil {
		return done, err
	}
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	req, err := http.NewRequest(http.MethodPost, strings.TrimSuffix(addr, "/")+"/api/v1/brokers", bytes.NewReader(body))
	if err != nil {
		return done, usageError{fmt.Errorf("--http %s: %w", addr, err)}
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Timeout: faultTimeout}).Do(req)
	if err != nil {
		return done, fmt.Errorf("no Bitácora answers at %s (is `bitacora serve` running?): %w", addr, err)
	}
	defer resp.Body.Close()
	const answerBytesMax = 4000
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerBytesMax))
	switch {
	case err != nil:
		return done, fmt.Errorf("%s, and its answer cannot be read: %w", resp.Status, err)
	case resp.StatusCode/100 != 2:
		return done, fmt.Errorf("%s", bytes.TrimSpace(answer))
	}
	return done, json.Unmarshal(answer, &done)
}
