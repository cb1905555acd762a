package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

func newConfigs() *cobra.Command {
	var f toolFlags
	c := &cobra.Command{Use: "configs", Short: "Show and change the configuration of topics and brokers, of any Kafka cluster"}
	f.add(c)
	describe := &cobra.Command{Use: "describe", Short: "Show each key, its value and where it comes from"}
	describe.AddCommand(&cobra.Command{
		Use: "topic TOPIC", Short: "Show a topic's configuration", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				all, err := admin.DescribeTopicConfigs(ctx, args...)
				return printConfigs(c, &f, all, err)
			})
		},
	}, &cobra.Command{
		Use: "broker ID", Short: "Show a broker's configuration", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 32)
			if err != nil {
				return usageError{fmt.Errorf("%q is not a broker's id", args[0])}
			}
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				all, err := admin.DescribeBrokerConfigs(ctx, int32(id))
				return printConfigs(c, &f, all, err)
			})
		},
	}, &cobra.Command{
		Use: "brokers", Short: "Show the cluster-wide defaults of brokers that were set", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				all, err := admin.DescribeBrokerConfigs(ctx)
				return printConfigs(c, &f, all, err)
			})
		},
	})
	c.AddCommand(describe, newConfigsAlter(&f))
	return c
}

func printConfigs(c *cobra.Command, f *toolFlags, all kadm.ResourceConfigs, err error) error {
	if err != nil {
		return err
	}
	var rows [][]string
	for _, r := range all {
		if r.Err != nil {
			return fmt.Errorf("describe %s: %w", r.Name, r.Err)
		}
		for _, e := range r.Configs {
			value := "null"
			if e.Value != nil {
				value = *e.Value
			}
			rows = append(rows, []string{e.Key, value, e.Source.String()})
		}
	}
	return f.print(c, all, "KEY VALUE SOURCE", rows)
}
