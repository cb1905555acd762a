package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bitacora/engine"
	"bitacora/server/hub"

	"github.com/spf13/cobra"
)

// faultTimeout bounds how long a running server may take to carry out a fault.
const faultTimeout = 30 * time.Second

func newFault() *cobra.Command {
	var addr, token string
	var asJSON bool
	c := &cobra.Command{
		Use:   "fault",
		Short: "Break and heal nodes of a running cluster",
		Long: "Break and heal nodes of a running cluster, through the same HTTP interface as its page.\n" +
			"Brokers are 1, 2, 3; controllers 3000, 3001, 3002.",
	}
	c.PersistentFlags().StringVar(&addr, "http", "127.0.0.1:8080", "where the server's page is")
	c.PersistentFlags().StringVar(&token, "token", "", "the token that the server printed, where it listens beyond loopback")
	c.PersistentFlags().BoolVar(&asJSON, "json", false, "print what was done as JSON")
	send := func(c *cobra.Command, f hub.Fault) error {
		err := postFault(addr, token, f)
		if err == nil && asJSON {
			err = json.NewEncoder(c.OutOrStdout()).Encode(f)
		}
		return err
	}
	for _, a := range []struct{ name, short string }{
		{"kill", "End a node as kill -9 does: connecting to it is refused"},
		{"shutdown", "Ask a node to stop cleanly, as SIGTERM does"},
		{"restart", "Start a dead node again over what its disks kept"},
		{"pause", "Stop a node as SIGSTOP does: it accepts connections and is silent"},
		{"resume", "Let a paused node go on"},
	} {
		c.AddCommand(newNodeFault(a.name, a.short, send))
	}
	for _, a := range []struct{ name, short string }{
		{"cut", "Cut the link between two nodes, both ways"},
		{"heal", "Heal the link between two nodes; `heal all` heals every link"},
	} {
		c.AddCommand(&cobra.Command{
			Use: a.name + " NODE NODE", Short: a.short, Args: args(1, 2),
			RunE: func(c *cobra.Command, args []string) error {
				if a.name == "heal" && len(args) == 1 && args[0] == "all" {
					return send(c, hub.Fault{Action: "heal", Node: engine.NoNode, Peer: engine.NoNode})
				}
				if len(args) != 2 {
					return usageError{fmt.Errorf("%s takes two nodes", a.name)}
				}
				one, err := parseNode(args[0])
				if err != nil {
					return err
				}
				other, err := parseNode(args[1])
				if err != nil {
					return err
				}
				return send(c, hub.Fault{Action: a.name, Node: one, Peer: other})
			},
		})
	}
	c.AddCommand(newSlowDisk(send), newClockFault(send), newCutFrom(send))
	for _, a := range []struct{ name, short string }{
		{"fail-disk", "Make the next commit of a node's data fail: it halts, as Kafka's does"},
		{"power-loss", "Take a node's power: what was not synced is gone (simulations only)"},
		{"tear", "Take a node's power in the middle of a write (simulations only)"},
		{"fill-disk", "Let nothing more fit on a node's disk (simulations only; a live one's disk fills by itself)"},
		{"free-disk", "Undo fill-disk (simulations only)"},
	} {
		c.AddCommand(newNodeFault(a.name, a.short, send))
	}
	return c
}

// sender posts a fault and says what was done.
type sender func(*cobra.Command, hub.Fault) error

func newNodeFault(name, short string, send sender) *cobra.Command {
	return &cobra.Command{
		Use: name + " NODE", Short: short, Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			node, err := parseNode(args[0])
			if err != nil {
				return err
			}
			return send(c, hub.Fault{Action: name, Node: node})
		},
	}
}

func newCutFrom(send sender) *cobra.Command {
	return &cobra.Command{
		Use: "cut-from NODE NODE", Short: "Cut one direction: what the first node sends to the second waits until heal", Args: exactly(2),
		RunE: func(c *cobra.Command, args []string) error {
			from, err := parseNode(args[0])
			if err != nil {
				return err
			}
			to, err := parseNode(args[1])
			if err != nil {
				return err
			}
			return send(c, hub.Fault{Action: "cut-from", Node: from, Peer: to})
		},
	}
}

func newClockFault(send sender) *cobra.Command {
	var by time.Duration
	c := &cobra.Command{
		Use: "clock NODE", Short: "Make a node's wall clock jump, either way; its time-outs do not", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			node, err := parseNode(args[0])
			if err != nil {
				return err
			}
			return send(c, hub.Fault{Action: "clock", Node: node, ByMs: by.Milliseconds()})
		},
	}
	c.Flags().DurationVar(&by, "by", time.Hour, "how far: 1h, -30s")
	return c
}

func newSlowDisk(send sender) *cobra.Command {
	var by time.Duration
	c := &cobra.Command{
		Use: "slow-disk NODE", Short: "Make each commit of a node's data take longer; --by 0 heals it", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			node, err := parseNode(args[0])
			if err != nil {
				return err
			}
			if by < 0 || by%time.Millisecond != 0 {
				return usageError{fmt.Errorf("--by %v is not a number of milliseconds", by)}
			}
			return send(c, hub.Fault{Action: "slow-disk", Node: node, ByMs: by.Milliseconds()})
		},
	}
	c.Flags().DurationVar(&by, "by", 500*time.Millisecond, "how much longer each commit takes")
	return c
}

func parseNode(text string) (engine.NodeID, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, usageError{fmt.Errorf("%q is not a node's id (1, 2, 3, 3000, ...)", text)}
	}
	return engine.NodeID(n), nil
}

func postFault(addr, token string, f hub.Fault) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	req, err := http.NewRequest(http.MethodPost, strings.TrimSuffix(addr, "/")+"/api/v1/faults", bytes.NewReader(body))
	if err != nil {
		return usageError{fmt.Errorf("--http %s: %w", addr, err)}
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: faultTimeout}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("no Bitácora answers at %s (is `bitacora serve` running?): %w", addr, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return nil
	}
	const reasonBytesMax = 1000
	reason, err := io.ReadAll(io.LimitReader(resp.Body, reasonBytesMax))
	if err != nil {
		return fmt.Errorf("%s, and its reason cannot be read: %w", resp.Status, err)
	}
	return fmt.Errorf("%s", bytes.TrimSpace(reason))
}
