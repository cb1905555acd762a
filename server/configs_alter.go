package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

// alterFlags are what is to change of one resource's configuration, as
// kafka-configs has --add-config and --delete-config.
type alterFlags struct {
	set, remove, add, subtract []string
	validateOnly               bool
}

func newConfigsAlter(f *toolFlags) *cobra.Command {
	var flags alterFlags
	c := &cobra.Command{
		Use: "alter", Short: "Change the configuration of a topic, a broker or all brokers while they run",
		Long: "Change the configuration of a topic, a broker or all brokers while they run.\n" +
			"--set KEY=VALUE and --delete KEY for any key; --append KEY=VALUE and --subtract KEY=VALUE for lists.\n" +
			"Each may be given several times; all of it happens, or nothing.",
	}
	c.PersistentFlags().StringArrayVar(&flags.set, "set", nil, "KEY=VALUE: give the key this value")
	c.PersistentFlags().StringArrayVar(&flags.remove, "delete", nil, "KEY: take the value away, so that the default counts again")
	c.PersistentFlags().StringArrayVar(&flags.add, "append", nil, "KEY=VALUE: add to a list")
	c.PersistentFlags().StringArrayVar(&flags.subtract, "subtract", nil, "KEY=VALUE: take out of a list")
	c.PersistentFlags().BoolVar(&flags.validateOnly, "validate-only", false, "only say whether it would be accepted")
	run := func(alter func(context.Context, *kadm.Client, []kadm.AlterConfig) (kadm.AlterConfigsResponses, error)) func(*cobra.Command) error {
		return func(c *cobra.Command) error {
			changes, err := flags.changes()
			if err != nil {
				return err
			}
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				answers, err := alter(ctx, admin, changes)
				return alterErrors(answers, err)
			})
		}
	}
	c.AddCommand(&cobra.Command{
		Use: "topic TOPIC", Short: "Change a topic's configuration", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return run(func(ctx context.Context, admin *kadm.Client, changes []kadm.AlterConfig) (kadm.AlterConfigsResponses, error) {
				if flags.validateOnly {
					return admin.ValidateAlterTopicConfigs(ctx, changes, args...)
				}
				return admin.AlterTopicConfigs(ctx, changes, args...)
			})(c)
		},
	}, &cobra.Command{
		Use: "broker ID", Short: "Change one broker's configuration", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			id, err := parseNode(args[0])
			if err != nil {
				return err
			}
			return run(func(ctx context.Context, admin *kadm.Client, changes []kadm.AlterConfig) (kadm.AlterConfigsResponses, error) {
				return alterBrokers(ctx, admin, flags.validateOnly, changes, int32(id))
			})(c)
		},
	}, &cobra.Command{
		Use: "brokers", Short: "Change the cluster-wide default of all brokers", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return run(func(ctx context.Context, admin *kadm.Client, changes []kadm.AlterConfig) (kadm.AlterConfigsResponses, error) {
				return alterBrokers(ctx, admin, flags.validateOnly, changes)
			})(c)
		},
	})
	return c
}

func alterBrokers(ctx context.Context, admin *kadm.Client, validateOnly bool, changes []kadm.AlterConfig, ids ...int32) (kadm.AlterConfigsResponses, error) {
	if validateOnly {
		return admin.ValidateAlterBrokerConfigs(ctx, changes, ids...)
	}
	return admin.AlterBrokerConfigs(ctx, changes, ids...)
}

// changes reads the flags.
func (f *alterFlags) changes() ([]kadm.AlterConfig, error) {
	var all []kadm.AlterConfig
	for _, name := range f.remove {
		all = append(all, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name})
	}
	for _, op := range []struct {
		flag  string
		op    kadm.IncrementalOp
		given []string
	}{{"set", kadm.SetConfig, f.set}, {"append", kadm.AppendConfig, f.add}, {"subtract", kadm.SubtractConfig, f.subtract}} {
		for _, pair := range op.given {
			name, value, ok := strings.Cut(pair, "=")
			if !ok || name == "" {
				return nil, usageError{fmt.Errorf("--%s %s: it takes KEY=VALUE", op.flag, pair)}
			}
			all = append(all, kadm.AlterConfig{Op: op.op, Name: name, Value: &value})
		}
	}
	if len(all) == 0 {
		return nil, usageError{errors.New("nothing to change: --set, --delete, --append or --subtract says what")}
	}
	return all, nil
}

func alterErrors(answers kadm.AlterConfigsResponses, err error) error {
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range answers {
		if a.Err != nil {
			errs = append(errs, answerError("alter "+a.Name, a.Err, a.ErrMessage))
		}
	}
	return errors.Join(errs...)
}
