package view

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"bitacora/engine"
)

// fill sets every field below v to a value of its own, lists to two elements.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{byte(*n), 2})
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(i) + 1)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("s", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n % 250))
	default:
		v.SetInt(*n % 120)
	}
}

func packets() []Packet {
	all := []Packet{&Hello{}, &Frame{}, &Detail{}, &Result{}, &Command{}}
	n := int64(0)
	for _, p := range all {
		fill(reflect.ValueOf(p), &n)
	}
	return all
}

func TestCodec(t *testing.T) {
	for _, p := range packets() {
		t.Run(fmt.Sprintf("every field of %T comes back", p), func(t *testing.T) {
			got, err := Decode(Encode(nil, p))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, p) {
				t.Fatalf("\n got %+v\nwant %+v", got, p)
			}
		})
		t.Run(fmt.Sprintf("a cut %T is refused", p), func(t *testing.T) {
			whole := Encode(nil, p)
			for n := range whole {
				if _, err := Decode(whole[:n]); !errors.Is(err, ErrMalformed) {
					t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
				}
			}
		})
	}
	t.Run("a negative number comes back", func(t *testing.T) {
		want := &Command{Node: engine.NoNode, Offset: engine.NoOffset, Acks: -1, Every: -time.Second}
		got, err := Decode(Encode(nil, want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatal(got, err)
		}
	})
	refused := []struct {
		name string
		in   []byte
	}{
		{"nothing at all", nil},
		{"another version", []byte{Version + 1, byte(packetHello)}},
		{"an unknown kind", []byte{Version, 99}},
		{"bytes after the end", append(Encode(nil, &Result{}), 0)},
		{"a choice out of range", Encode(nil, &Result{Reason: reasonCount})},
		{"an unknown ability", Encode(nil, &Hello{Can: canEverything + 1})},
		{"a list longer than the packet", []byte{Version, byte(packetFrame), 1, 0, 0, 0, 0, 0, 0xff, 0x1f}},
	}
	for _, c := range refused {
		t.Run(c.name+" is refused", func(t *testing.T) {
			if p, err := Decode(c.in); !errors.Is(err, ErrMalformed) {
				t.Fatal(p, err)
			}
		})
	}
}

// TestSame changes each field of each element in turn: a field that same
// forgot would never reach a viewer.
func TestSame(t *testing.T) {
	checkSame[Process](t)
	checkSame[QuorumReplica](t)
	checkSame[Link](t)
	checkSame[Topic](t)
	checkSame[Partition](t)
	checkSame[Replica](t)
	checkSame[Group](t)
	checkSame[Producer](t)
	checkSame[Consumer](t)
}

func checkSame[T any, E element[T]](t *testing.T) {
	t.Helper()
	n := int64(0)
	var full, empty T
	fill(reflect.ValueOf(&full), &n)
	if !E(&full).same(&full) {
		t.Errorf("%T is not the same as itself", full)
	}
	for i := range reflect.TypeFor[T]().NumField() {
		changed := full
		reflect.ValueOf(&changed).Elem().Field(i).Set(reflect.ValueOf(&empty).Elem().Field(i))
		if E(&full).same(&changed) {
			t.Errorf("%T: a change of %s goes unseen", full, reflect.TypeFor[T]().Field(i).Name)
		}
	}
}

func TestDelta(t *testing.T) {
	base := State{
		At:        1,
		Processes: []Process{{ID: 1}, {ID: 2}, {ID: 3}},
		Cuts:      []Link{{1, 2}, {2, 1}},
		Topics:    []Topic{{Name: "a"}, {Name: "c"}},
		Replicas:  []Replica{{Topic: "a", Node: 1, LogEnd: 4}, {Topic: "a", Node: 2, LogEnd: 4}},
	}
	next := State{
		At: 2, Clock: Clock{Playing: true, Pace: time.Second},
		Processes: []Process{{ID: 1}, {ID: 2, Status: Dead}, {ID: 4}},
		Topics:    []Topic{{Name: "b"}, {Name: "c"}},
		Replicas:  []Replica{{Topic: "a", Node: 1, LogEnd: 5}, {Topic: "a", Node: 2, LogEnd: 4}},
	}
	changed, removed := Delta(&base, &next)
	got := base
	got.Apply(&Frame{Changed: changed, Removed: removed})
	if len(got.Cuts) == 0 {
		got.Cuts = nil
	}
	if !reflect.DeepEqual(got, next) {
		t.Fatalf("\n got %+v\nwant %+v", got, next)
	}
	if len(changed.Replicas) != 1 || len(changed.Processes) != 2 {
		t.Errorf("what stayed as it was travels too: %+v", changed)
	}
	if base.Processes[1].Status != Running {
		t.Error("the state before changed as well")
	}
}

func TestAssembler(t *testing.T) {
	var a Assembler
	a.Report(&Report{Node: 1, Replicas: []Replica{{Topic: "t", Node: 1}},
		Groups: []Group{{Name: "g", Generation: 3}}})
	a.Report(&Report{Node: 2, Replicas: []Replica{{Topic: "t", Node: 2}, {Topic: "t", Partition: 1, Node: 2}},
		Groups: []Group{{Name: "g", Generation: 4}}})
	a.Report(&Report{Node: 3000, Image: &Image{Offset: 9, Brokers: []Registration{{Node: 1}, {Node: 2, Fenced: true}}}})
	a.Report(&Report{Node: 3001, Image: &Image{Offset: 5}})
	procs := []Process{{ID: 1, Roles: RoleBroker}, {ID: 2, Roles: RoleBroker}, {ID: 3000, Roles: RoleController}}
	s := a.State(7, 0, Clock{}, procs, nil)
	if s.Processes[0].Fenced || !s.Processes[1].Fenced {
		t.Errorf("an older image wins: %+v", s.Processes)
	}
	if len(s.Groups) != 1 || s.Groups[0].Generation != 4 {
		t.Errorf("groups %+v", s.Groups)
	}
	if len(s.Replicas) != 3 || s.Replicas[1].Node != 2 || s.Replicas[2].Partition != 1 {
		t.Errorf("replicas %+v", s.Replicas)
	}
	procs[1].Status = Dead
	s = a.State(8, 0, Clock{}, procs, nil)
	if s.Groups[0].Generation != 3 {
		t.Error("a dead broker still coordinates")
	}
	if len(s.Replicas) != 3 {
		t.Error("a dead broker's disk is gone")
	}
}

func FuzzDecode(f *testing.F) {
	for _, p := range packets() {
		f.Add(Encode(nil, p))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		again, err := Decode(Encode(nil, p))
		if err != nil {
			t.Fatalf("what was decoded does not encode: %v", err)
		}
		if frame, ok := p.(*Frame); ok {
			var s State
			s.Apply(frame)
		}
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v\n%+v", p, again)
		}
	})
}
