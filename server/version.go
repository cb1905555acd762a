package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is this program's; engineVersion grows whenever a recorded run would
// play differently.
const (
	version       = "0.1.0"
	engineVersion = 2
)

// kafkaVersion is the Apache Kafka that the engine behaves as.
const kafkaVersion = "4.3.1"

func newVersion() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "version", Short: "Say which version this is", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{
					"version": version, "revision": revision(), "engine": engineVersion, "kafka": kafkaVersion, "go": runtime.Version(),
				})
			}
			name := version
			if r := revision(); r != "" {
				name += " " + r
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "bitacora %s (engine %d, as Apache Kafka %s, %s)\n",
				name, engineVersion, kafkaVersion, runtime.Version())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// revision is the commit that the program was built from, "" where it does not know.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return ""
}
