package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bitacora/engine"
	"bitacora/engine/cluster"
	"bitacora/server/live"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// stopWithin is how long Ctrl-C may take.
	stopWithin = 5 * time.Second
	// serveWithin is how long the brokers may take to serve; beyond it the program
	// goes on and says so.
	serveWithin = 30 * time.Second
	// headerTimeout bounds a slow HTTP client.
	headerTimeout = 10 * time.Second
)

// serveFlags are serve's flags.
type serveFlags struct {
	brokers, controllers int
	combined             bool
	kafkaPort            int
	httpAddr             string
	data                 string
	nodeData             []string
	memory, sync         bool
	bind, advertised     string
	configFile           string
	set                  []string
	reserve              int64
	json                 bool
}

func newServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use: "serve", Short: "Start a cluster, its Kafka listeners and its page", Args: exactly(0),
		Long: "Start a cluster: the Kafka protocol on consecutive ports, the page on --http.\n" +
			"Every flag of every command may also be set in the environment (BITACORA_KAFKA_PORT for --kafka-port),\n" +
			"and those of serve in the --config file (bitacora.kafka-port=9092). The command line counts for more\n" +
			"than the environment, and the environment for more than the file.",
		RunE: func(c *cobra.Command, _ []string) error { return serve(c.Context(), c, &f) },
	}
	flags := c.Flags()
	flags.IntVar(&f.brokers, "brokers", 3, "how many brokers")
	flags.IntVar(&f.controllers, "controllers", 3, "how many controllers")
	flags.BoolVar(&f.combined, "combined", false, "let the first brokers be the controllers as well")
	flags.IntVar(&f.kafkaPort, "kafka-port", 9092, "the first broker's port, the others follow; 0 takes free ones")
	flags.StringVar(&f.httpAddr, "http", "127.0.0.1:8080", "where the page listens")
	flags.StringVar(&f.data, "data", "data", "the folder that keeps the logs")
	flags.StringArrayVar(&f.nodeData, "node-data", nil, "NODE=FOLDER: keep one node's logs elsewhere")
	flags.BoolVar(&f.memory, "memory", false, "keep the logs in memory only")
	flags.BoolVar(&f.sync, "sync", false, "sync each commit, so that what is acknowledged outlives a loss of power")
	flags.StringVar(&f.bind, "bind", "", "the address that the Kafka listeners bind to (default 127.0.0.1; every one with --advertised-host)")
	flags.StringVar(&f.advertised, "advertised-host", "", "the host that clients are told to connect to, for clients on other machines")
	flags.StringVar(&f.configFile, "config", "", "a file of server.properties keys for every node, and of flags as bitacora.FLAG")
	flags.StringArrayVar(&f.set, "set", nil, "key=value: one server.properties key for every node")
	flags.Int64Var(&f.reserve, "reserve", 0, "free bytes below which a broker's disk counts as full; 0 is the default")
	flags.BoolVar(&f.json, "json", false, "print what happens as JSON lines")
	return c
}

func serve(ctx context.Context, c *cobra.Command, f *serveFlags) error {
	properties, err := f.properties(c.Flags())
	if err != nil {
		return err
	}
	cfg, err := f.config(properties)
	if err != nil {
		return err
	}
	token, err := tokenFor(f)
	if err != nil {
		return err
	}
	page, err := net.Listen("tcp", f.httpAddr)
	if err != nil {
		return httpPortError(f.httpAddr, err)
	}
	defer page.Close()
	running, err := live.Open(cfg)
	if err != nil {
		return err
	}
	source := live.NewSource(running, version)
	defer source.End()
	handler, pages, err := newHandler(source, token)
	if err != nil {
		running.Close(stopWithin)
		return err
	}
	defer pages.Close()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(page) }()
	waiting, cancel := context.WithTimeout(ctx, serveWithin)
	if !running.AwaitServing(waiting) && ctx.Err() == nil {
		_, missing := running.Serving()
		slog.Warn("not every broker serves yet", "missing", missing)
	}
	cancel()
	if ctx.Err() == nil {
		announce(c, f, running, page.Addr().String(), token)
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("the page's server ended: %w", err)
	}
	if !f.json {
		fmt.Fprintln(c.ErrOrStderr(), "stopping: brokers hand over, then the controllers go")
	}
	server.Close()
	running.Close(stopWithin - time.Second)
	return err
}

// config makes the driver's configuration of the flags.
func (f *serveFlags) config(properties map[string]string) (live.Config, error) {
	cfg := live.Config{
		Spec: cluster.Spec{
			Brokers: f.brokers, Controllers: f.controllers, Combined: f.combined, Properties: properties,
		},
		DataDir: f.data, Bind: f.bindTo(), Advertise: f.advertised, KafkaPort: f.kafkaPort,
		Sync: f.sync, ReserveBytes: f.reserve, DataDirOf: map[engine.NodeID]string{},
	}
	if f.memory {
		cfg.DataDir = ""
	}
	if f.kafkaPort < 0 || f.kafkaPort > 65535 {
		return cfg, usageError{fmt.Errorf("--kafka-port %d is no port", f.kafkaPort)}
	}
	for _, entry := range f.nodeData {
		id, dir, ok := strings.Cut(entry, "=")
		node, err := parseNode(id)
		if !ok || err != nil || dir == "" {
			return cfg, usageError{fmt.Errorf("--node-data %q is not NODE=FOLDER", entry)}
		}
		cfg.DataDirOf[node] = dir
	}
	return cfg, nil
}

// bindTo is where the Kafka listeners bind: on loopback, unless clients are told of
// another host, which is for those on other machines.
func (f *serveFlags) bindTo() string {
	switch {
	case f.bind != "":
		return f.bind
	case f.advertised == "" || isLoopback(f.advertised):
		return "127.0.0.1"
	}
	return "0.0.0.0"
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// flagPrefix sets flags apart from server.properties keys in a --config file.
const flagPrefix = "bitacora."

// properties reads --config, whose lines may also set flags that nothing else did,
// and then --set over it.
func (f *serveFlags) properties(flags *pflag.FlagSet) (map[string]string, error) {
	properties := map[string]string{}
	if f.configFile != "" {
		text, err := os.ReadFile(f.configFile)
		if err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		set := map[string]bool{} // by this file: a flag that may be given again may be so here
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' || line[0] == '!' {
				continue
			}
			key, value, ok := strings.Cut(line, "=")
			if !ok {
				return nil, fmt.Errorf("--config %s: line %d is not key=value: %q", filepath.Base(f.configFile), i+1, line)
			}
			key, value = strings.TrimSpace(key), strings.TrimSpace(value)
			name, isFlag := strings.CutPrefix(key, flagPrefix)
			if !isFlag {
				properties[key] = value
				continue
			}
			if err := setFlag(flags, name, value, set); err != nil {
				return nil, fmt.Errorf("--config %s: line %d: %w", filepath.Base(f.configFile), i+1, err)
			}
		}
	}
	for _, entry := range f.set {
		key, value, ok := strings.Cut(entry, "=")
		if !ok || key == "" {
			return nil, usageError{fmt.Errorf("--set %q is not key=value", entry)}
		}
		properties[key] = value
	}
	return properties, nil
}

// setFlag sets a flag from a file, unless something else than the file did.
func setFlag(flags *pflag.FlagSet, name, value string, set map[string]bool) error {
	flag := flags.Lookup(name)
	if flag == nil || name == "config" || name == "help" {
		return fmt.Errorf("there is no flag --%s to set", name)
	}
	if flag.Changed && !set[name] {
		return nil
	}
	set[name] = true
	return flags.Set(name, value)
}

// fromEnvironment sets the flags that the command line did not from BITACORA_*. A
// flag that may be given again takes a line for each.
func fromEnvironment(c *cobra.Command) error {
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, "BITACORA_")
		if !ours {
			continue
		}
		flag := c.Flags().Lookup(strings.ReplaceAll(strings.ToLower(key), "_", "-"))
		if flag == nil || flag.Changed {
			continue
		}
		values := []string{value}
		if flag.Value.Type() == "stringArray" {
			values = strings.Split(strings.TrimSpace(value), "\n")
		}
		for _, v := range values {
			if err := c.Flags().Set(flag.Name, v); err != nil {
				return usageError{fmt.Errorf("%s=%s in the environment: %w", name, v, err)}
			}
		}
	}
	return nil
}

// tokenFor draws the token that changes by HTTP need as soon as the page can be
// reached from elsewhere. A Kafka listener that is reached from elsewhere takes
// whoever comes, as Kafka's does without SASL.
func tokenFor(f *serveFlags) (string, error) {
	host, _, err := net.SplitHostPort(f.httpAddr)
	if err != nil {
		return "", usageError{fmt.Errorf("--http %s is not HOST:PORT", f.httpAddr)}
	}
	if isLoopback(host) {
		return "", nil
	}
	var secret [18]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

func httpPortError(addr string, err error) error {
	host, port, _ := net.SplitHostPort(addr)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on --http %s: %w", addr, err)
	}
	n, _ := strconv.Atoi(port)
	for next := n + 1; next < 1<<16; next++ {
		free := net.JoinHostPort(host, strconv.Itoa(next))
		if nl, err := net.Listen("tcp", free); err == nil {
			nl.Close()
			return fmt.Errorf("port %d of --http is taken by another program; %s is free: use --http %s", n, free, free)
		}
	}
	return fmt.Errorf("port %d of --http is taken by another program", n)
}

func announce(c *cobra.Command, f *serveFlags, running *live.Cluster, page, token string) {
	var brokers []string
	for _, a := range running.Brokers() {
		brokers = append(brokers, net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))))
	}
	out := c.OutOrStdout()
	if f.json {
		line := map[string]any{"event": "ready", "kafka": brokers, "http": page}
		if token != "" {
			line["token"] = token
		}
		// A map of strings always encodes; a closed standard output is nobody's harm.
		_ = json.NewEncoder(out).Encode(line)
		return
	}
	fmt.Fprintf(out, "Bitácora serves %d brokers and %d controllers\n", f.brokers, f.controllers)
	fmt.Fprintf(out, "  Kafka   %s\n", strings.Join(brokers, ","))
	fmt.Fprintf(out, "  page    http://%s\n", page)
	if token != "" {
		fmt.Fprintf(out, "  token   %s   (changes need it: --token, or ?token= on the page)\n", token)
	}
	if !f.memory {
		fmt.Fprintf(out, "  data    %s\n", f.data)
	}
	fmt.Fprintln(out, "Ctrl-C stops it.")
}
