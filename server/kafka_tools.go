package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// toolTimeout bounds what a tool waits for a cluster that does not answer.
const toolTimeout = 30 * time.Second

// toolFlags are what every tool that talks to a cluster takes.
type toolFlags struct {
	bootstrap string
	json      bool
}

func (f *toolFlags) add(c *cobra.Command) {
	c.PersistentFlags().StringVar(&f.bootstrap, "bootstrap-server", "127.0.0.1:9092", "HOST:PORT of brokers, separated by commas: any Kafka cluster's")
	c.PersistentFlags().BoolVar(&f.json, "json", false, "print JSON")
}

func (f *toolFlags) client(opts ...kgo.Opt) (*kgo.Client, error) {
	all := append([]kgo.Opt{
		kgo.SeedBrokers(strings.Split(f.bootstrap, ",")...), kgo.ClientID("bitacora"),
		kgo.RetryTimeout(toolTimeout),
	}, opts...)
	cl, err := kgo.NewClient(all...)
	if err != nil {
		return nil, usageError{fmt.Errorf("--bootstrap-server %s: %w", f.bootstrap, err)}
	}
	return cl, nil
}

// withAdmin runs a tool that asks a cluster something.
func (f *toolFlags) withAdmin(ctx context.Context, do func(context.Context, *kadm.Client) error) error {
	cl, err := f.client()
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	if err := cl.Ping(ctx); err != nil {
		return fmt.Errorf("no broker answers at %s: %w", f.bootstrap, err)
	}
	return do(ctx, kadm.NewClient(cl))
}

// print writes v as JSON, or rows as a table under a head.
func (f *toolFlags) print(c *cobra.Command, v any, head string, rows [][]string) error {
	if f.json {
		return json.NewEncoder(c.OutOrStdout()).Encode(v)
	}
	return table(c.OutOrStdout(), head, rows)
}

func table(out io.Writer, head string, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.ReplaceAll(head, " ", "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
