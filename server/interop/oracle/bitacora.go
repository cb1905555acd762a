package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"bitacora/server/interop/rig"
)

// Bitacora is a cluster of ours: one process of `bitacora serve`, whose nodes
// are broken through its own HTTP interface. It ends with the test.
type Bitacora struct{ program *rig.Bitacora }

// StartBitacora starts the program on free ports, with a new data folder, and
// waits until it serves as is asked of Kafka.
func StartBitacora(ctx context.Context, t testing.TB) (*Bitacora, error) {
	b := &Bitacora{program: rig.Serve(t, rig.Options{})}
	return b, awaitServing(ctx, b)
}

// Name implements Cluster.
func (b *Bitacora) Name() string { return "Bitácora" }

// Brokers implements Cluster.
func (b *Bitacora) Brokers() map[int32]string {
	out := map[int32]string{}
	for i, id := range brokerIDs {
		out[id] = b.program.Kafka[i]
	}
	return out
}

// fault asks the program to break or heal a node.
func (b *Bitacora) fault(ctx context.Context, action string, node int32) error {
	body, err := json.Marshal(map[string]any{"action": action, "node": node})
	if err != nil {
		return err
	}
	url := b.program.HTTP
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
func (b *Bitacora) Kill(ctx context.Context, nodes ...int32) error {
	for _, node := range nodes {
		if err := b.fault(ctx, "kill", node); err != nil {
			return err
		}
	}
	return nil
}

// Terminate implements Cluster.
func (b *Bitacora) Terminate(ctx context.Context, node int32) error {
	return b.fault(ctx, "shutdown", node)
}

// Restart implements Cluster. A node that is still stopping cannot be started;
// the program says so, and it is asked again.
func (b *Bitacora) Restart(ctx context.Context, node int32) error {
	const stopLimit = 60 * time.Second
	return await(ctx, stopLimit, fmt.Sprintf("node %d to start again", node), func() (bool, error) {
		err := b.fault(ctx, "restart", node)
		return err == nil, err
	})
}
