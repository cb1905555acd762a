// Package panel holds the components that stand around the stage, in templ.
// Each takes one view struct that says, in words already chosen, what it shows;
// a component has no logic beyond if and for. The page's worker renders them
// with every change, the server for the first paint.
package panel

import "strconv"

// Action is a button: what it says and what it asks for.
type Action struct {
	Label     string
	Hint      string // for a screen reader, where the label alone is not enough
	Name      string // of the act
	Node      string
	Peer      string
	Topic     string
	Partition string
	Kind      string
	Offset    string
	Danger    bool
	Strong    bool
	Off       bool
	Pressed   bool
}

// Row is a name and a value.
type Row struct {
	Name, Value string
	Code        bool // a value to be set in the mono face
	Tone        Tone
}

// Tone colours a value, and is never the only thing that says so.
type Tone string

// The tones; they are class names.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Bar is the head of the page.
type Bar struct {
	Home, Tagline        string
	SourceLabel          string
	Simulation, Live     Action
	Status               string
	Lang, Theme          Action
	LangTag              string
	Guide, Panel         Action
	GuideOpen, PanelOpen bool
}

// Headline is what just happened, over the stage.
type Headline struct {
	Title     string
	Time      string
	Text      string
	Tone      Tone
	More      string // what is being waited for
	Trouble   string // about the connection or the engine
	Notice    string
	NoticeBad bool
	NeedToken bool
	TokenText string
	TokenName string
	TokenUse  string
}

// Legend is one line of how to read the picture.
type Legend struct {
	Sign string // which drawing
	Word string // that the drawing shows, if it is one
	Text string
}

// Option is one choice of a select.
type Option struct {
	Value, Text string
	Chosen      bool
}

// Guide is the panel at the left.
type Guide struct {
	HowTitle string
	How      []Legend
	Matrix   string
	TryTitle string
	Quick    []Action
	Reset    []Action
	Forms    []Form
}

// Form is a small form that folds.
type Form struct {
	ID     string
	Title  string
	Act    string
	Fields []Field
	Submit string
	Off    bool
	Stops  []Action // what it started and can stop
}

// Field is one input of a form.
type Field struct {
	ID      string
	Name    string
	Label   string
	Value   string
	Type    string // "text" or "number"
	Min     string
	Max     string
	Options []Option // a select
	Hint    string
}

// Inspector is the panel at the right: what is selected.
type Inspector struct {
	Empty   string // what to do when nothing is selected
	Kind    string
	Title   string
	What    string
	Why     string
	Rows    []Row
	Tables  []Table
	Records []Record
	Hex     []string
	Waiting string
	Actions []Action
	Close   Action
}

// Table is a small table.
type Table struct {
	Title   string
	Columns []string
	Rows    []TableRow
}

// TableRow is a row of cells, with what can be done about it.
type TableRow struct {
	Cells   []Row // Name is not shown
	Actions []Action
}

// Record is one record of a batch.
type Record struct {
	Offset, Key, Value, Time string
	KeyName, ValueName       string
}

// Feed is what happened, newest first.
type Feed struct {
	Title   string
	Note    string // what it leaves out
	Empty   string
	Entries []FeedEntry
}

// FeedEntry is one line of the feed.
type FeedEntry struct {
	Time, Text, Count string
	Class             string
}

// Transport is the bar below the stage.
type Transport struct {
	Label    string
	Elapsed  string
	Play     Action
	Playing  bool
	Step     Action
	Pace     string // the label
	PaceText string // a word of judgement
	PaceSays string // the value
	PaceAt   int
	PaceMax  int
	CanPace  bool
	Live     bool
	Key      []Legend // how to read the picture, in a line
}

// Tables is the whole state for those who read it rather than see it.
type Tables struct {
	Title, Hint string
	Summary     string
	All         []Table
}

func itoa(n int) string { return strconv.Itoa(n) }
