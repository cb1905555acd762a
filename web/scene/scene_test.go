package scene_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/scene"
	"bitacora/web/still"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

func stillInput(l lang.Lang, width, height float32) *scene.Input {
	topic := l.T(lang.ExampleTopic)
	s := still.State(topic, l.T(lang.ExampleGroup))
	messages := still.Messages(topic)
	in := &scene.Input{State: &s, Lang: l, Width: width, Height: height, Can: view.CanFault}
	for i := range messages {
		in.Flights = append(in.Flights, scene.Flight{Message: &messages[i], Done: 0.45})
	}
	return in
}

func render(t *testing.T, in *scene.Input, p *scene.Palette) string {
	t.Helper()
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	var b strings.Builder
	if err := scene.WriteSVG(&b, &list, in.Width, in.Height, "test", p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	cases := []struct {
		name          string
		lang          lang.Lang
		width, height float32
		palette       *scene.Palette
	}{
		{"wide-es-light", lang.Spanish, 1340, 760, &scene.Light},
		{"projector-en-dark", lang.English, 960, 560, &scene.Dark},
		{"phone-es-light", lang.Spanish, 390, 480, &scene.Light},
		{"page-en", lang.English, 1100, 640, nil},
	}
	for _, c := range cases {
		t.Run(c.name+" is as it was", func(t *testing.T) {
			in := stillInput(c.lang, c.width, c.height)
			got := render(t, in, c.palette)
			if again := render(t, in, c.palette); again != got {
				t.Fatal("the same input gave two pictures")
			}
			file := filepath.Join("testdata", c.name+".svg")
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the picture changed; look at it, then: make golden PKG=./web/scene")
			}
		})
	}
}

func TestStyleSheetHasTheSamePalette(t *testing.T) {
	const file = "../../static/palette.css"
	if *rewrite {
		if err := os.WriteFile(file, []byte(scene.CSS()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != scene.CSS() {
		t.Errorf("palette.css is not what scene.CSS gives (%v): make golden PKG=./web/scene", err)
	}
}

func TestClientsOfTheirOwnHaveAPlace(t *testing.T) {
	in := stillInput(lang.English, 1340, 760)
	s := *in.State
	s.Producers = nil
	s.Processes = append(s.Processes[:6:6],
		view.Process{ID: 100000, Roles: view.RoleClient, External: true, Name: "kafka-python-producer-1"},
		view.Process{ID: 100001, Roles: view.RoleClient, External: true, Name: "consumer-2"})
	s.Consumers = nil
	in.State = &s
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	found := false
	for _, h := range list.Hits {
		found = found || h.Target == scene.Target{Kind: scene.TargetProcess, Node: 100000}
		if h.Target == (scene.Target{Kind: scene.TargetProcess, Node: 100001}) {
			t.Error("a member of a group stands twice")
		}
	}
	if !found {
		t.Error("a program that connected is not there")
	}
}

// A consumer of the page's own is its own from the moment its group knows it, before
// it knows its member id itself.
func TestAConsumerThatJoinsIsNoStranger(t *testing.T) {
	in := stillInput(lang.English, 1340, 760)
	s := *in.State
	s.Consumers = slices.Clone(s.Consumers)
	for i := range s.Consumers {
		s.Consumers[i].MemberID = ""
	}
	in.State = &s
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	hits := map[scene.Target]int{}
	for _, h := range list.Hits {
		hits[h.Target]++
	}
	for _, c := range s.Consumers {
		if n := hits[scene.Target{Kind: scene.TargetConsumer, Node: c.Node}]; n != 1 {
			t.Errorf("consumer %d stands in %d places", c.Node, n)
		}
	}
	// A stranger's card would lead to its group; so does the group's own head.
	if n := hits[scene.Target{Kind: scene.TargetGroup, Topic: s.Groups[0].Name}]; n != 1 {
		t.Errorf("the group has %d strangers", n-1)
	}
}

func TestAConsumersColumnsHaveNames(t *testing.T) {
	in := stillInput(lang.Spanish, 1340, 760)
	in.Flights = nil
	var list scene.List
	list.Reset()
	scene.Draw(in, &list)
	seen := map[string]int{}
	for _, s := range texts(&list) {
		seen[s]++
	}
	if seen["posición"] != len(in.State.Consumers) || seen["retraso"] != len(in.State.Consumers) {
		t.Errorf("posición %d times, retraso %d times, %d consumers", seen["posición"], seen["retraso"], len(in.State.Consumers))
	}
}

// On a small laptop's stage each copy still says its high watermark, in rows that
// have a line for it and in those that have not.
func TestHighWatermarksKeepTheirNumbers(t *testing.T) {
	for _, height := range []float32{760, 520, 480} {
		in := stillInput(lang.English, 1008, height)
		in.Flights = nil
		var list scene.List
		list.Reset()
		scene.Draw(in, &list)
		seen := 0
		for _, s := range texts(&list) {
			if strings.HasPrefix(s, "HW ") {
				seen++
			}
		}
		if least := 3 + 3*2; seen < least {
			t.Errorf("at %v high there are %d numbers", height, seen)
		}
	}
}
