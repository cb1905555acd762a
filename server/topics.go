package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

func newTopics() *cobra.Command {
	var f toolFlags
	c := &cobra.Command{Use: "topics", Short: "Create, list, describe and delete topics, of any Kafka cluster"}
	f.add(c)
	c.AddCommand(newTopicsCreate(&f), newTopicsList(&f), newTopicsDescribe(&f), newTopicsDelete(&f))
	return c
}

func newTopicsCreate(f *toolFlags) *cobra.Command {
	var partitions int32
	var factor int16
	var configs []string
	c := &cobra.Command{
		Use: "create TOPIC", Short: "Create a topic", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			values := map[string]*string{}
			for _, entry := range configs {
				key, value, ok := strings.Cut(entry, "=")
				if !ok {
					return usageError{fmt.Errorf("--config %q is not key=value", entry)}
				}
				values[key] = &value
			}
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				r, err := admin.CreateTopic(ctx, partitions, factor, values, args[0])
				if err != nil {
					return answerError("create topic "+args[0], err, r.ErrMessage)
				}
				if f.json {
					return f.print(c, map[string]any{"topic": r.Topic, "id": r.ID.String(),
						"partitions": r.NumPartitions, "replicationFactor": r.ReplicationFactor}, "", nil)
				}
				fmt.Fprintf(c.OutOrStdout(), "Created topic %s.\n", r.Topic)
				return nil
			})
		},
	}
	c.Flags().Int32Var(&partitions, "partitions", -1, "how many partitions; -1 is the cluster's default")
	c.Flags().Int16Var(&factor, "replication-factor", -1, "how many copies; -1 is the cluster's default")
	c.Flags().StringArrayVar(&configs, "config", nil, "key=value: a config of the topic")
	return c
}

// answerError adds what the cluster says to the error that its code stands for.
func answerError(what string, err error, message string) error {
	if message == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w (%s)", what, err, message)
}

func newTopicsList(f *toolFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the topics", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				topics, err := admin.ListTopicsWithInternal(ctx)
				if err != nil {
					return err
				}
				names := topics.Names()
				if f.json {
					return f.print(c, names, "", nil)
				}
				for _, name := range names {
					fmt.Fprintln(c.OutOrStdout(), name)
				}
				return nil
			})
		},
	}
}

func newTopicsDescribe(f *toolFlags) *cobra.Command {
	return &cobra.Command{
		Use: "describe [TOPIC]", Short: "Show who leads, holds and is in sync, partition by partition", Args: args(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				topics, err := admin.ListTopicsWithInternal(ctx, args...)
				if err != nil {
					return err
				}
				var rows [][]string
				all := topics.Sorted()
				for _, t := range all {
					if t.Err != nil {
						return fmt.Errorf("describe topic %s: %w", t.Topic, t.Err)
					}
					for _, p := range t.Partitions.Sorted() {
						leader := fmt.Sprint(p.Leader)
						if p.Leader < 0 {
							leader = "none"
						}
						rows = append(rows, []string{
							t.Topic, fmt.Sprint(p.Partition), leader, fmt.Sprint(p.LeaderEpoch),
							ids(p.Replicas), ids(p.ISR), ids(p.OfflineReplicas),
						})
					}
				}
				return f.print(c, all, "TOPIC PARTITION LEADER EPOCH REPLICAS ISR OFFLINE", rows)
			})
		},
	}
}

func ids(all []int32) string {
	if len(all) == 0 {
		return "-"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(all), " ", ","), "[]")
}

func newTopicsDelete(f *toolFlags) *cobra.Command {
	return &cobra.Command{
		Use: "delete TOPIC...", Short: "Delete topics", Args: args(1, 1000),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				answers, err := admin.DeleteTopics(ctx, args...)
				if err != nil {
					return err
				}
				var errs []error
				deleted := []string{}
				for _, a := range answers.Sorted() {
					if a.Err != nil {
						errs = append(errs, answerError("delete topic "+a.Topic, a.Err, a.ErrMessage))
						continue
					}
					deleted = append(deleted, a.Topic)
					if !f.json {
						fmt.Fprintf(c.OutOrStdout(), "Deleted topic %s.\n", a.Topic)
					}
				}
				if f.json {
					errs = append(errs, f.print(c, map[string]any{"deleted": deleted}, "", nil))
				}
				return errors.Join(errs...)
			})
		},
	}
}
