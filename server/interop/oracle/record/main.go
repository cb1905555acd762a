// Command record plays the oracle's scripts against a real Apache Kafka and
// writes down what it answered.
//
// It wants java and, the first time, mvn. It starts clusters of six Java
// processes, ends them all, and takes some minutes. Every script is played
// twice: the two must agree but for what is seen on the way, which is joined.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"bitacora/server/interop/oracle"
)

func main() {
	var opt oracle.RecordOptions
	flag.StringVar(&opt.Root, "root", ".", "the repository's folder")
	flag.StringVar(&opt.Dir, "out", "server/interop/oracle/recorded", "folder of the recordings")
	flag.StringVar(&opt.KeepDir, "keep", "", "keep the nodes' folders below this one, to read their logs")
	flag.IntVar(&opt.Rounds, "rounds", 2, "how often each script is played")
	flag.BoolVar(&opt.Check, "check", false, "write nothing; compare with the recordings that are there")
	only := flag.String("only", "", "names of scripts, comma-separated; empty: all")
	flag.Parse()
	if *only != "" {
		opt.Only = strings.Split(*only, ",")
	}
	opt.Say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := oracle.Record(ctx, opt)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}
