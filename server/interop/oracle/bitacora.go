package oracle

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Bitacora is a cluster of ours: one process of `bitacora serve`, whose nodes
// are broken through its own HTTP interface.
type Bitacora struct {
	start   *starter
	process *process
	log     *os.File
	ready   readyLine
	brokers map[int32]string
}

// readyLine is what `bitacora serve --json` prints once every broker serves.
type readyLine struct {
	Event string   `json:"event"`
	Kafka []string `json:"kafka"` // addresses, in the order of the brokers' ids
	HTTP  string   `json:"http"`  // address or URL of the page
}

// StartBitacora starts the program on free ports with its data below dir, and
// waits until it serves as awaitServing asks of Kafka.
func StartBitacora(ctx context.Context, program, dir string) (*Bitacora, error) {
	b := &Bitacora{start: newStarter()}
	if err := b.boot(ctx, program, dir); err != nil {
		return nil, errors.Join(err, b.Close(), b.tail(dir))
	}
	return b, nil
}

func (b *Bitacora) boot(ctx context.Context, program, dir string) error {
	log, err := os.Create(filepath.Join(dir, "serve.log"))
	if err != nil {
		return err
	}
	b.log = log
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(program, "serve", "--json", "--brokers", "3", "--controllers", "3",
		"--kafka-port", "0", "--http", "127.0.0.1:0", "--data", filepath.Join(dir, "data"))
	cmd.Stdout, cmd.Stderr = in, log
	b.process, err = b.start.startCommand(cmd)
	if err := errors.Join(err, in.Close()); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := b.awaitReady(ctx, out); err != nil {
		return err
	}
	return awaitServing(ctx, b)
}

// awaitReady reads lines until the one that says ready, and goes on emptying
// the pipe after it.
func (b *Bitacora) awaitReady(ctx context.Context, out io.ReadCloser) error {
	const readyLimit = 30 * time.Second
	found := make(chan readyLine, 1)
	go func() {
		defer out.Close()
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var l readyLine
			if json.Unmarshal(lines.Bytes(), &l) == nil && l.Event == "ready" {
				select {
				case found <- l:
				default:
				}
			}
		}
	}()
	t := time.NewTimer(readyLimit)
	defer t.Stop()
	select {
	case b.ready = <-found:
	case <-b.process.exited:
		return errors.New("bitacora serve ended before it was ready")
	case <-t.C:
		return fmt.Errorf("bitacora serve was not ready after %v", readyLimit)
	case <-ctx.Done():
		return ctx.Err()
	}
	if len(b.ready.Kafka) != len(brokerIDs) {
		return fmt.Errorf("bitacora serve tells of brokers at %v", b.ready.Kafka)
	}
	b.brokers = map[int32]string{}
	for i, id := range brokerIDs {
		b.brokers[id] = b.ready.Kafka[i]
	}
	return nil
}

// tail gives the end of what the program wrote to standard error.
func (b *Bitacora) tail(dir string) error {
	const tailBytesMax = 4000
	text, err := os.ReadFile(filepath.Join(dir, "serve.log"))
	if err != nil {
		return err
	}
	text = text[max(0, len(text)-tailBytesMax):]
	return fmt.Errorf("it said: %s", bytes.TrimSpace(text))
}

// Name implements Cluster.
func (b *Bitacora) Name() string { return "Bitácora" }

// Brokers implements Cluster.
func (b *Bitacora) Brokers() map[int32]string { return b.brokers }

// fault asks the program to break or heal a node.
func (b *Bitacora) fault(ctx context.Context, action string, node int32) error {
	body, err := json.Marshal(map[string]any{"action": action, "node": node})
	if err != nil {
		return err
	}
	url := b.ready.HTTP
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+"/api/v1/faults", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 == 2 {
		return nil
	}
	const reasonBytesMax = 1000
	reason, err := io.ReadAll(io.LimitReader(resp.Body, reasonBytesMax))
	return errors.Join(fmt.Errorf("fault %s %d: %s: %s", action, node, resp.Status, bytes.TrimSpace(reason)), err)
}

// Kill implements Cluster.
func (b *Bitacora) Kill(ctx context.Context, node int32) error { return b.fault(ctx, "kill", node) }

// Terminate implements Cluster.
func (b *Bitacora) Terminate(ctx context.Context, node int32) error {
	return b.fault(ctx, "shutdown", node)
}

// Restart implements Cluster. A node that is still stopping is not ready to
// start; the program says so, and it is asked again.
func (b *Bitacora) Restart(ctx context.Context, node int32) error {
	const stopLimit = 60 * time.Second
	return await(ctx, stopLimit, fmt.Sprintf("node %d to start again", node), func() (bool, error) {
		err := b.fault(ctx, "restart", node)
		return err == nil, err
	})
}

// Close implements Cluster.
func (b *Bitacora) Close() error {
	var errs []error
	if b.process != nil {
		errs = append(errs, b.process.kill())
	}
	if b.log != nil {
		errs = append(errs, b.log.Close())
	}
	b.start.close()
	return errors.Join(errs...)
}
