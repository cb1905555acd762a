package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newRun() *cobra.Command {
	return &cobra.Command{
		Use: "run SCENARIO", Short: "Play a scenario without a page and print its trace hash", Args: exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return fmt.Errorf("%s is no scenario", args[0])
		},
	}
}
