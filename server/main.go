// Command bitacora is the native program: it serves a cluster with its page, breaks
// and heals it, and does what Kafka's own tools do against any cluster.
//
// Exit codes: 0 done, 1 failed, 2 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, for scripts.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line that makes no sense.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bitacora:", err)
	var usage usageError
	if errors.As(err, &usage) {
		os.Exit(exitUsage)
	}
	os.Exit(exitFailed)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "bitacora",
		Short:         "See inside Kafka, understand it, and try your programs against it",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, got []string) error {
			if len(got) > 0 {
				return usageError{fmt.Errorf("there is no command %q; `bitacora --help` lists what there is", got[0])}
			}
			return nil
		},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error { return fromEnvironment(c) },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; `%s --help` lists what there is", err, c.CommandPath())}
	})
	root.AddCommand(newServe(), newFault(), newTopics(), newProduce(), newConsume(), newRecords(), newGroups(), newConfigs(), newBrokers(), newRun(), newSoak(), newVersion())
	return root
}

// exactly is cobra.ExactArgs with an exit code of its own.
func exactly(n int) cobra.PositionalArgs { return args(n, n) }

// args takes between least and most arguments.
func args(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, got []string) error {
		if len(got) < least || len(got) > most {
			return usageError{fmt.Errorf("%s takes %s, not %d arguments", c.CommandPath(), span(least, most), len(got))}
		}
		return nil
	}
}

func span(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
