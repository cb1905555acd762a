package live

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"bitacora/engine"
	"bitacora/engine/cluster"
)

// ports are the listeners of all servers, bound before anything is started.
type ports struct {
	advertise string
	bound     map[engine.NodeID][]net.Listener // broker's first, then controller's
	broker    map[engine.NodeID]int
	control   map[engine.NodeID]int
}

// Broker is where clients reach a broker.
func (p *ports) Broker(id engine.NodeID) engine.Addr {
	return engine.Addr{Host: p.advertise, Port: int32(p.broker[id])}
}

// Controller is where a controller is reached.
func (p *ports) Controller(id engine.NodeID) engine.Addr {
	return engine.Addr{Host: p.advertise, Port: int32(p.control[id])}
}

func (p *ports) take(id engine.NodeID) []net.Listener {
	taken := p.bound[id]
	delete(p.bound, id)
	return taken
}

func (p *ports) close() {
	for _, all := range p.bound {
		for _, nl := range all {
			nl.Close()
		}
	}
}

// portsName is the file that remembers a data directory's ports. Controllers know
// each other by them: they stand in the metadata log's voter set, so the same data
// on other ports would never find a leader.
const portsName = "ports.json"

// keptPorts is what the file holds, by node id.
type keptPorts struct {
	Brokers     map[engine.NodeID]int `json:"brokers"`
	Controllers map[engine.NodeID]int `json:"controllers"`
}

// readPorts gives the ports that a data directory was made with; nil where it does
// not say.
func readPorts(dir string) (*keptPorts, error) {
	raw, err := os.ReadFile(filepath.Join(dir, portsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the ports of %s: %w", dir, err)
	}
	var kept keptPorts
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fmt.Errorf("%s in %s is damaged: %w", portsName, dir, err)
	}
	return &kept, nil
}

// keep remembers the ports of a fresh data directory.
func (p *ports) keep(dir string) error {
	raw, err := json.Marshal(keptPorts{Brokers: p.broker, Controllers: p.control})
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, portsName), raw, 0o644)
	}
	if err != nil {
		return fmt.Errorf("remember the ports in %s: %w", dir, err)
	}
	return nil
}

// port is the port for a node: the one asked for, or the one it had.
func (k *keptPorts) port(had map[engine.NodeID]int, id engine.NodeID, asked int) int {
	if k == nil || asked != 0 {
		return asked
	}
	return had[id]
}

// check refuses other ports for the controllers than they had.
func (k *keptPorts) check(cfg Config, spec cluster.Spec) error {
	if k == nil || cfg.KafkaPort == 0 {
		return nil
	}
	for i, id := range spec.ControllerIDs() {
		asked := offsetPort(cfg.KafkaPort, controllerOffset(spec)+i)
		if had, ok := k.Controllers[id]; ok && had != asked {
			return fmt.Errorf("the data in %s was made with controller %d on port %d, not %d, and controllers know each other by their ports: use --kafka-port %d, or another --data",
				cfg.DataDir, id, had, asked, cfg.KafkaPort+had-asked)
		}
	}
	return nil
}

// bindAll binds every port, or none.
func bindAll(cfg Config, spec cluster.Spec, kept *keptPorts) (*ports, error) {
	if err := kept.check(cfg, spec); err != nil {
		return nil, err
	}
	had := keptPorts{}
	if kept != nil {
		had = *kept
	}
	p := &ports{
		advertise: cfg.Advertise, bound: map[engine.NodeID][]net.Listener{},
		broker: map[engine.NodeID]int{}, control: map[engine.NodeID]int{},
	}
	bind := func(id engine.NodeID, port int, into map[engine.NodeID]int) error {
		nl, err := net.Listen("tcp", net.JoinHostPort(cfg.Bind, strconv.Itoa(port)))
		if err != nil {
			return portError(cfg, spec, port, err)
		}
		p.bound[id] = append(p.bound[id], nl)
		into[id] = nl.Addr().(*net.TCPAddr).Port
		return nil
	}
	for i, id := range spec.BrokerIDs() {
		if err := bind(id, kept.port(had.Brokers, id, offsetPort(cfg.KafkaPort, i)), p.broker); err != nil {
			p.close()
			return nil, err
		}
	}
	for i, id := range spec.ControllerIDs() {
		if err := bind(id, kept.port(had.Controllers, id, offsetPort(cfg.KafkaPort, controllerOffset(spec)+i)), p.control); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// controllerOffset is how far the first controller's port lies above the first
// broker's; with more than ten brokers, just above theirs.
func controllerOffset(spec cluster.Spec) int { return max(controllerPortsAbove, spec.Brokers) }

func offsetPort(base, by int) int {
	if base == 0 {
		return 0
	}
	return base + by
}

// portError says which port is taken, and where there is room.
func portError(cfg Config, spec cluster.Spec, port int, err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s port %d: %w", cfg.Bind, port, err)
	}
	if cfg.KafkaPort == 0 {
		return fmt.Errorf("port %d, which the data in %s was made with, is taken by another program", port, cfg.DataDir)
	}
	last := controllerOffset(spec) + spec.Controllers - 1
	for base := cfg.KafkaPort + 1; base+last < 1<<16; base++ {
		if allFree(cfg.Bind, base, spec) {
			return fmt.Errorf("port %d is taken by another program; ports %d to %d (brokers) and %d to %d (controllers) are free: use --kafka-port %d",
				port, base, base+spec.Brokers-1, base+controllerOffset(spec), base+last, base)
		}
	}
	return fmt.Errorf("port %d is taken by another program, and no run of ports above it is free", port)
}

func allFree(bind string, base int, spec cluster.Spec) bool {
	free := func(port int) bool {
		nl, err := net.Listen("tcp", net.JoinHostPort(bind, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		nl.Close()
		return true
	}
	for i := range spec.Brokers {
		if !free(base + i) {
			return false
		}
	}
	for i := range spec.Controllers {
		if !free(base + controllerOffset(spec) + i) {
			return false
		}
	}
	return true
}

// bind binds a restarted process's ports again.
func (s *slot) bind(host string) error {
	if s.nets != nil {
		return nil
	}
	for _, addr := range s.planned.Listeners {
		nl, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(int(addr.Port))))
		if err != nil {
			for _, other := range s.nets {
				other.Close()
			}
			s.nets = nil
			return fmt.Errorf("node %d: port %d was taken while it was down: %w", s.planned.Config.NodeID, addr.Port, err)
		}
		s.nets = append(s.nets, nl)
	}
	return nil
}
