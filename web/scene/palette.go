package scene

import (
	"fmt"
	"strings"

	"bitacora/engine"
)

// Color is an index into a palette, so that one list serves light and dark.
type Color int8

// The colours, by what they are for. None draws nothing.
const (
	None Color = iota - 1
	Ground
	Card
	CardHead
	Edge
	EdgeStrong
	Ink
	InkSoft
	InkFaint
	Accent
	AccentSoft
	Good
	Warn
	Bad
	BadSoft
	Stripe // of hatching
	Strip  // what a log lies on
	OnAccent
	Mark  // the high watermark
	Focus // the ring around what is selected
	EpochInk
	epochFirst
)

// EpochColors is how many colours leader epochs take in turn. The epoch's
// number always stands beside the colour.
const EpochColors = 8

// colorCount is the length of a palette.
const colorCount = int(epochFirst) + EpochColors

// EpochColor is the colour of a leader epoch.
func EpochColor(e engine.LeaderEpoch) Color {
	if e < 0 {
		return InkFaint
	}
	return epochFirst + Color(e%EpochColors)
}

// Palette gives each Color as #rrggbb.
type Palette [colorCount]string

// Light is the palette on paper.
var Light = Palette{
	Ground: "#f6f4ee", Card: "#fffefa", CardHead: "#edeae0", Edge: "#d9d5c8", EdgeStrong: "#b4ae9c",
	Ink: "#1b2430", InkSoft: "#404b59", InkFaint: "#58626f",
	Accent: "#0b6796", AccentSoft: "#dcebf2", Good: "#24703c", Warn: "#8a5a00", Bad: "#b3261e", BadSoft: "#f8e1dd",
	Stripe: "#cfc8b8", Strip: "#f1eee5", OnAccent: "#ffffff", Mark: "#1b2430", Focus: "#0b6796",
	EpochInk:       "#ffffff",
	epochFirst + 0: "#3468a8", epochFirst + 1: "#24786a", epochFirst + 2: "#7b4fa3", epochFirst + 3: "#b8482f",
	epochFirst + 4: "#66721a", epochFirst + 5: "#aa3a70", epochFirst + 6: "#4f5f7d", epochFirst + 7: "#87592c",
}

// Dark is the palette of a dark room.
var Dark = Palette{
	Ground: "#0d1218", Card: "#161d26", CardHead: "#1e2732", Edge: "#2b3643", EdgeStrong: "#465466",
	Ink: "#eef2f6", InkSoft: "#c3cdd8", InkFaint: "#a0acba",
	Accent: "#5db7e4", AccentSoft: "#16303f", Good: "#74c98b", Warn: "#e4b54c", Bad: "#ff8a80", BadSoft: "#3a1c1d",
	Stripe: "#303b48", Strip: "#10161d", OnAccent: "#07131b", Mark: "#ffffff", Focus: "#5db7e4",
	EpochInk:       "#0c1219",
	epochFirst + 0: "#74a7ec", epochFirst + 1: "#5cc3a5", epochFirst + 2: "#b99af0", epochFirst + 3: "#f2917a",
	epochFirst + 4: "#c0cb62", epochFirst + 5: "#ee92c0", epochFirst + 6: "#a5b4cd", epochFirst + 7: "#d8ab78",
}

// CSS gives both palettes as a style sheet: --c0, --c1, ... and the classes c0
// (fill) and s0 (stroke) that WriteSVG uses. The root's data-theme decides, and
// before it is set the reader's system does.
func CSS() string {
	var b strings.Builder
	block := func(p *Palette) {
		for i, c := range p {
			fmt.Fprintf(&b, " --c%d: %s;", i, c)
		}
	}
	b.WriteString("/* Written by web/scene (make golden PKG=./web/scene): one palette for canvas and page. */\n:root {")
	block(&Light)
	b.WriteString(" }\n@media (prefers-color-scheme: dark) { :root:not([data-theme]) {")
	block(&Dark)
	b.WriteString(" } }\n:root[data-theme=\"dark\"] {")
	block(&Dark)
	b.WriteString(" }\n")
	for i := range colorCount {
		fmt.Fprintf(&b, ".c%d { fill: var(--c%d); } .s%d { stroke: var(--c%d); }\n", i, i, i, i)
	}
	return b.String()
}

// String gives the palette as the shell's painter takes it.
func (p *Palette) String() string { return strings.Join(p[:], " ") }
