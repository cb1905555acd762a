package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is this program's; engineVersion grows whenever a recorded run would
// play differently.
const (
	version       = "0.1.0"
	engineVersion = 1
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Say which version this is", Args: exactly(0),
		Run: func(c *cobra.Command, _ []string) {
			revision := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = " " + s.Value[:min(12, len(s.Value))]
					}
				}
			}
			fmt.Fprintf(c.OutOrStdout(), "bitacora %s%s (engine %d, as Apache Kafka 4.3.1, %s)\n",
				version, revision, engineVersion, runtime.Version())
		},
	}
}
