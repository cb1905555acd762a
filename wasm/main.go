//go:build js && wasm

// Command wasm is the page's program. It runs in a Web Worker and owns all of
// the page but its pixels: the simulated cluster, the model, the picture and the
// panels. The worker calls in once a frame and for each input; out go a display
// list, which lies in this program's memory, and patches of HTML.
//
// Everything crosses by pointer and length: text is UTF-8, several strings are
// joined by NUL.
package main

import (
	"bytes"
	"context"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"bitacora/engine/view"
	"bitacora/web/app"
	"bitacora/web/lang"
	"bitacora/web/local"
	"bitacora/web/panel"
	"bitacora/web/scene"

	"github.com/a-h/templ"
)

//go:wasmimport bitacora paint
func jsPaint(at unsafe.Pointer, words uint32)

//go:wasmimport bitacora strings
func jsStrings(at unsafe.Pointer, size, from uint32)

//go:wasmimport bitacora palette
func jsPalette(at unsafe.Pointer, size uint32)

//go:wasmimport bitacora patch
func jsPatch(target uint32, at unsafe.Pointer, size uint32)

//go:wasmimport bitacora shape
func jsShape(at unsafe.Pointer, size uint32)

//go:wasmimport bitacora cursor
func jsCursor(pointing uint32)

//go:wasmimport bitacora announce
func jsAnnounce(at unsafe.Pointer, size uint32)

//go:wasmimport bitacora remember
func jsRemember(at unsafe.Pointer, size uint32)

//go:wasmimport bitacora send
func jsSend(at unsafe.Pointer, size uint32)

//go:wasmimport bitacora connect
func jsConnect(live uint32)

// panelEvery is how often panels may change.
const panelEvery = 150 * time.Millisecond

// patched is a part of the document and what it last was.
type patched struct {
	render func(*app.Model) templ.Component
	last   []byte
}

// program is all that lives as long as the page does.
type program struct {
	model      *app.Model
	world      *local.World // nil while the source is a server
	input      []byte       // what the worker writes into
	text       []byte       // what it reads from
	told       int          // strings that the painter knows
	dark       bool         // as the painter has it
	painted    bool
	dirty      bool // the picture must be made again
	panelsIn   time.Duration
	patches    [7]patched
	summary    string
	shape      string
	pointing   bool
	seed       uint64
	reduced    bool
	afterwards []func() // connections, made outside an update
}

// page is the one program. Exports are functions without a receiver, so it has
// to be a variable.
var page = program{patches: [...]patched{
	{render: func(m *app.Model) templ.Component { return panel.TopBar(m.Bar()) }},
	{render: func(m *app.Model) templ.Component { return panel.HeadlineBar(m.Headline()) }},
	{render: func(m *app.Model) templ.Component { return panel.GuidePanel(m.Guide()) }},
	{render: func(m *app.Model) templ.Component { return panel.InspectorPanel(m.Inspector()) }},
	{render: func(m *app.Model) templ.Component { return panel.FeedPanel(m.FeedPanel()) }},
	{render: func(m *app.Model) templ.Component { return panel.TransportBar(m.Transport()) }},
	{render: func(m *app.Model) templ.Component { return panel.TablePanel(m.Tables()) }},
}}

// tablesPatch is the place of the tables among the patches.
const tablesPatch = 6

// describeTarget is the worker's number for the stage's description.
const describeTarget = uint32(len(page.patches))

// Memory, as measured: a small heap is collected seldom, a large one before it
// grows past what a tab should take; WebAssembly memory never shrinks.
const (
	gcPercent     = 400
	heapBytesSoft = 160 << 20
)

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(heapBytesSoft)
	select {} // the worker calls in from here on
}

// buffer gives room for size bytes that the worker is about to write.
//
//go:wasmexport bitacora_buffer
func buffer(size uint32) unsafe.Pointer {
	if int(size) > cap(page.input) {
		page.input = make([]byte, size)
	}
	page.input = page.input[:max(size, 1)]
	return unsafe.Pointer(&page.input[0])
}

func given(size uint32) []string {
	return strings.Split(string(page.input[:size]), "\x00")
}

// start makes the model: whether there is a server, language, dark, reduced
// motion, token, source asked for, seed, room for the guide.
//
//go:wasmexport bitacora_start
func start(size uint32) {
	v := append(given(size), "", "", "", "", "", "", "", "")
	p := &page
	p.model = app.New(lang.Parse(v[1]), v[0] != "")
	p.model.Dark, p.model.Reduced, p.model.Token = v[2] != "", v[3] != "", v[4]
	p.model.GuideOpen = v[7] != ""
	p.seed, _ = strconv.ParseUint(v[6], 10, 64)
	p.dark = !p.model.Dark // so that the palette is sent
	if v[5] == "simulation" || p.model.Source == view.SourceSimulation {
		p.connect(view.SourceSimulation)
	} else {
		p.connect(view.SourceLive)
	}
}

// connect leaves the source there is and opens another.
func (p *program) connect(to view.Source) {
	if to == view.SourceLive {
		p.world = nil
		jsConnect(1)
		return
	}
	jsConnect(0)
	p.model.Source, p.model.Link = view.SourceSimulation, app.LinkStarting
	l := p.model.Lang
	w, err := local.New(local.Config{Seed: p.seed, Brokers: 3, Controllers: 3, Topic: l.T(lang.ExampleTopic), Group: l.T(lang.ExampleGroup)})
	if err != nil {
		panic(err) // the worker shows it
	}
	p.world = w
	p.update(app.Packet{Packet: w.Hello()})
}

// update takes a message into the model and carries out what it asks.
func (p *program) update(msg app.Msg) {
	p.dirty = true
	for _, e := range p.model.Update(msg) {
		switch e := e.(type) {
		case app.Send:
			if p.world != nil {
				p.world.Do(e.Command)
				continue
			}
			p.text = view.Encode(p.text[:0], e.Command)
			jsSend(unsafe.Pointer(&p.text[0]), uint32(len(p.text)))
		case app.Connect:
			p.afterwards = append(p.afterwards, func() { p.connect(e.Source) })
		case app.Remember:
			p.out(jsRemember, e.Name+"\x00"+e.Value)
		case app.Announce:
			p.out(jsAnnounce, e.Text)
		}
	}
}

func (p *program) out(call func(unsafe.Pointer, uint32), s string) {
	if s == "" {
		return
	}
	call(unsafe.Pointer(unsafe.StringData(s)), uint32(len(s)))
}

// frame lets time pass, and paints. It gives 0 where nothing was painted, 1 where
// it was, 2 once what was painted came from an engine.
//
//go:wasmexport bitacora_frame
func frame(passedMs, budgetMs float64) uint32 {
	p := &page
	began := time.Now()
	passed := time.Duration(passedMs * float64(time.Millisecond))
	budget := time.Duration(budgetMs * float64(time.Millisecond))
	for _, do := range p.afterwards {
		do()
	}
	p.afterwards = nil
	if p.world != nil {
		for _, packet := range p.world.Advance(passed, func() bool { return time.Since(began) > budget }) {
			p.update(app.Packet{Packet: packet})
		}
	}
	moving := p.model.Moving()
	p.model.Update(app.Tick{Passed: passed})
	p.panelsIn -= passed
	if p.panelsIn <= 0 && (p.dirty || moving) {
		p.panelsIn = panelEvery
		p.patchPanels()
	}
	if !p.model.Known || p.model.Width == 0 || !p.dirty && !moving {
		return 0
	}
	p.dirty = false
	p.paint()
	return 2
}

func (p *program) paint() {
	if p.dark != p.model.Dark {
		p.dark = p.model.Dark
		palette := scene.Light
		if p.dark {
			palette = scene.Dark
		}
		p.out(jsPalette, palette.String())
	}
	list, renewed := p.model.Draw()
	if renewed {
		p.told = 0
	}
	if p.told < len(list.Strings) {
		p.text = append(p.text[:0], strings.Join(list.Strings[p.told:], "\x00")...)
		jsStrings(unsafe.Pointer(&p.text[0]), uint32(len(p.text)), uint32(p.told))
		p.told = len(list.Strings)
	}
	jsPaint(unsafe.Pointer(&list.Words[0]), uint32(len(list.Words)))
}

// patchPanels renders the panels and sends those whose HTML changed.
func (p *program) patchPanels() {
	m := p.model
	if shape := m.Shape(); shape != p.shape {
		p.shape = shape
		p.out(jsShape, shape)
	}
	if m.HoverAction != p.pointing {
		p.pointing = m.HoverAction
		jsCursor(map[bool]uint32{true: 1}[p.pointing])
	}
	var b bytes.Buffer
	for i := range p.patches {
		if i == tablesPatch && !m.TablesOpen && p.patches[i].last != nil {
			continue
		}
		b.Reset()
		// A buffer takes everything.
		_ = p.patches[i].render(m).Render(context.Background(), &b)
		if bytes.Equal(b.Bytes(), p.patches[i].last) {
			continue
		}
		p.patches[i].last = append(p.patches[i].last[:0], b.Bytes()...)
		last := p.patches[i].last
		if len(last) > 0 {
			jsPatch(uint32(i), unsafe.Pointer(&last[0]), uint32(len(last)))
		}
	}
	if summary := m.Tables().Summary; summary != p.summary {
		p.summary = summary
		jsPatch(describeTarget, unsafe.Pointer(unsafe.StringData(summary)), uint32(len(summary)))
	}
}

//go:wasmexport bitacora_size
func size(width, height float64) {
	page.update(app.Resize{Width: float32(width), Height: float32(height)})
}

// pointer moves (0), leaves (1) or presses (2).
//
//go:wasmexport bitacora_pointer
func pointer(x, y float64, kind uint32) {
	switch kind {
	case 2:
		page.update(app.PointerPressed{X: float32(x), Y: float32(y)})
		page.panelsIn = 0
	default:
		page.update(app.PointerMoved{X: float32(x), Y: float32(y), Left: kind == 1})
	}
}

//go:wasmexport bitacora_scroll
func scroll(by float64) { page.update(app.Scrolled{By: float32(by)}) }

// text brings a key (1), an act with its values (2) or the system's theme (3).
//
//go:wasmexport bitacora_text
func text(kind, size uint32) {
	v := given(size)
	switch kind {
	case 1:
		page.update(app.KeyPressed{Key: v[0]})
	case 2:
		values := map[string]string{}
		for i := 1; i+1 < len(v); i += 2 {
			values[v[i]] = v[i+1]
		}
		if to, ok := values["kind"]; ok && v[0] == "source" {
			values["to"] = to
		}
		page.update(app.Acted{Name: v[0], Values: values})
	case 3:
		page.model.Dark = v[0] != ""
		page.dirty = true
	}
	page.panelsIn = 0
}

// packet brings what a server sent. What cannot be read is left out: the next
// key frame sets it right.
//
//go:wasmexport bitacora_packet
func packet(size uint32) {
	p, err := view.Decode(page.input[:size])
	if err != nil || page.world != nil {
		return
	}
	if f, ok := p.(*view.Frame); ok && f.Key {
		page.update(app.LinkChanged{Link: app.LinkOpen})
	}
	page.update(app.Packet{Packet: p})
}

// link tells how the connection is: connecting (1), open (2), lost (3).
//
//go:wasmexport bitacora_link
func link(state uint32, retryMs, silentMs float64) {
	if page.world != nil {
		return
	}
	page.update(app.LinkChanged{Link: app.Link(state), RetryIn: time.Duration(retryMs) * time.Millisecond,
		Silent: time.Duration(silentMs) * time.Millisecond})
}
