package compile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"bitacora/engine/client"
	"bitacora/engine/cluster"
	"bitacora/engine/sim"
	"bitacora/scenarios"
)

// ScenarioFile is what makes a folder a scenario.
const ScenarioFile = "scenario.yaml"

// languages of the prose, Spanish first.
var languages = [...]string{"es", "en"}

// Load reads the lesson in a folder.
func Load(dir string) (*scenarios.Scenario, error) {
	text, err := os.ReadFile(filepath.Join(dir, ScenarioFile))
	if err != nil {
		return nil, fmt.Errorf("%s is no scenario: %w", dir, err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	sc, err := Parse(filepath.Base(abs), filepath.Join(dir, ScenarioFile), text)
	if err != nil {
		return nil, err
	}
	for _, lang := range languages {
		file := filepath.Join(dir, lang+".md")
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("the scenario lacks its prose: %w", err)
		}
		p, err := parseProse(file, lang, string(text), sc)
		if err != nil {
			return nil, err
		}
		sc.Prose = append(sc.Prose, *p)
	}
	return sc, nil
}

// Parse reads a scenario.yaml: the lesson without its prose.
func Parse(name, file string, text []byte) (*scenarios.Scenario, error) {
	root, err := parseYAML(file, text)
	if err != nil {
		return nil, err
	}
	fields, err := root.mapping("a mapping with seed, cluster, clients and steps")
	if err != nil {
		return nil, err
	}
	in := &reading{file: file, sc: &scenarios.Scenario{Name: name}}
	// In this order, whatever the file's is: steps name clients.
	known := []string{"seed", "cluster", "clients", "steps"}
	for _, f := range fields {
		if !slices.Contains(known, f.key) {
			return nil, f.unknown(known...)
		}
	}
	for _, key := range known {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		if i < 0 {
			if key == "clients" {
				continue
			}
			return nil, root.errorf("%q is missing", key)
		}
		if err := in.top(key, fields[i].value); err != nil {
			return nil, err
		}
	}
	return in.sc, nil
}

func (in *reading) top(key string, v node) (err error) {
	switch key {
	case "seed":
		var n int64
		n, err = v.number("a seed", 1, 1<<53)
		in.sc.Seed = uint64(n)
		return err
	case "cluster":
		return in.cluster(v)
	case "clients":
		return in.clients(v)
	}
	return in.steps(v)
}

func (in *reading) cluster(v node) error {
	c := &in.sc.Cluster
	fields, err := v.mapping("a mapping with brokers and controllers")
	if err != nil {
		return err
	}
	c.Brokers, c.Controllers = 3, 3
	for _, f := range fields {
		n := int64(0)
		switch f.key {
		case "brokers":
			n, err = f.value.number("a number of brokers", 1, brokersMax)
			c.Brokers = int(n)
		case "controllers":
			n, err = f.value.number("a number of controllers", 1, cluster.ControllersMax)
			c.Controllers = int(n)
		case "combined":
			c.Combined, err = f.value.flag()
		case "properties":
			c.Properties, err = f.value.properties()
		default:
			err = f.unknown("brokers", "controllers", "combined", "properties")
		}
		if err != nil {
			return err
		}
	}
	spec := cluster.Spec{Brokers: c.Brokers, Controllers: c.Controllers, Combined: c.Combined, Properties: map[string]string{}}
	for _, p := range c.Properties {
		spec.Properties[p.Key] = p.Value
	}
	if _, err := sim.NewCluster(sim.Config{Seed: 1}, spec); err != nil {
		return v.errorf("%v", err)
	}
	return nil
}

func (n node) flag() (bool, error) {
	s, err := n.text("true or false")
	if err == nil && s != "true" && s != "false" {
		err = n.errorf("expected true or false, found %q", s)
	}
	return s == "true", err
}

func (n node) properties() ([]scenarios.Property, error) {
	fields, err := n.mapping("a mapping from Kafka's names to values")
	if err != nil {
		return nil, err
	}
	var all []scenarios.Property
	for _, f := range fields {
		s, err := f.value.text("a value")
		if err != nil {
			return nil, err
		}
		all = append(all, scenarios.Property{Key: f.key, Value: s})
	}
	slices.SortFunc(all, func(a, b scenarios.Property) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return all, nil
}

func (in *reading) clients(v node) error {
	items, err := v.list("a list of clients")
	if err != nil {
		return err
	}
	if len(items) > clientsMax {
		return v.errorf("%d clients, at most %d", len(items), clientsMax)
	}
	for _, item := range items {
		c, err := in.client(item)
		if err != nil {
			return err
		}
		if _, other := in.sc.Client(c.Name); other != nil {
			return item.errorf("there are two clients called %q", c.Name)
		}
		in.sc.Clients = append(in.sc.Clients, c)
	}
	return nil
}

func (in *reading) client(item node) (scenarios.Client, error) {
	c := scenarios.Client{Every: producerEvery}
	fields, err := item.mapping("a mapping with name and producer or consumer")
	if err != nil {
		return c, err
	}
	kinds := 0
	for _, f := range fields {
		n := int64(0)
		switch f.key {
		case "name":
			c.Name, err = f.value.name()
		case "producer", "consumer":
			kinds++
			if f.key == "consumer" {
				c.Kind = scenarios.Consumer
			}
			c.Topic, err = f.value.text("a topic")
		case "group":
			c.Group, err = f.value.text("a group")
		case "process":
			c.Process, err = f.value.span("the time that a record takes")
		case "every":
			c.Every, err = f.value.span("the time between two records")
		case "keys":
			n, err = f.value.number("a number of keys", 0, 1000)
			c.Keys = int(n)
		case "value-bytes":
			n, err = f.value.number("a size in bytes", 0, valueBytesMax)
			c.ValueBytes = int(n)
		case "count":
			c.Count, err = f.value.number("a number of records", 0, 1_000_000)
		case "properties":
			c.Properties, err = f.value.properties()
		default:
			err = f.unknown("name", "producer", "consumer", "group", "process", "every", "keys", "value-bytes", "count", "properties")
		}
		if err != nil {
			return c, err
		}
	}
	return c, checkClient(item, &c, kinds)
}

func checkClient(item node, c *scenarios.Client, kinds int) error {
	switch {
	case c.Name == "":
		return item.errorf("a client needs a name")
	case kinds != 1:
		return item.errorf("client %q needs one of producer: TOPIC and consumer: TOPIC", c.Name)
	case c.Topic == "":
		return item.errorf("client %q needs a topic", c.Name)
	case c.Kind == scenarios.Consumer && c.Group == "":
		return item.errorf("consumer %q needs a group", c.Name)
	case c.Kind == scenarios.Producer && c.Group != "":
		return item.errorf("producer %q has no group", c.Name)
	}
	properties := map[string]string{}
	for _, p := range c.Properties {
		properties[p.Key] = p.Value
	}
	producer, consumer := client.DefaultProducer(c.Name), client.DefaultConsumer(c.Name, c.Group)
	err := error(nil)
	if c.Kind == scenarios.Producer {
		err = producer.Set(properties)
	} else {
		err = consumer.Set(properties)
	}
	if err != nil {
		return item.errorf("client %q: %v", c.Name, err)
	}
	return nil
}

// name is a short word that sentences can use.
func (n node) name() (string, error) {
	s, err := n.text("a name")
	if err != nil {
		return "", err
	}
	ok := s != "" && len(s) <= 40
	for i := range len(s) {
		ok = ok && isWord(s[i]) && s[i] != '.'
	}
	if !ok || s[0] < 'a' || s[0] > 'z' {
		return "", n.errorf("expected a name of lower-case letters, digits and dashes, found %q", s)
	}
	return s, nil
}
