package scene

// Op is the code of one drawing operation: the first word of its entry in a
// List. The words that follow are named in the comment; colours are Colors, -1
// for none.
type Op uint8

// The operations. The shell's painter and the SVG writer know the same list.
const (
	OpEnd      Op = iota
	OpRect        // x y w h color
	OpRound       // x y w h radius fill stroke width dash
	OpLine        // x1 y1 x2 y2 color width dash
	OpCurve       // x1 y1 cx cy x2 y2 color width dash
	OpCircle      // x y radius fill stroke width
	OpText        // x y string face size color align
	OpHatch       // x y w h color
	OpClip        // x y w h
	OpUnclip      //
	OpAlpha       // alpha, until the next one
	OpTriangle    // x1 y1 x2 y2 x3 y3 fill
)

// words is how many words follow each operation.
var words = [...]int{OpEnd: 0, OpRect: 5, OpRound: 9, OpLine: 7, OpCurve: 9, OpCircle: 6, OpText: 7,
	OpHatch: 5, OpClip: 4, OpUnclip: 0, OpAlpha: 1, OpTriangle: 7}

// Face is one of the two font families, or the first one's bold.
type Face uint8

// The faces.
const (
	Plain Face = iota
	Strong
	Mono
	MonoStrong
)

// Font is a face at a size in pixels.
type Font struct {
	Face Face
	Size float32
}

// Align says what x is to a text. y is its baseline.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// List is a display list: flat words, and the strings that they name. It is
// used again for each frame. Strings keep their number for as long as a page
// lives, so that a painter is told each one once.
type List struct {
	Words   []float32
	Strings []string
	numbers map[string]int
	Hits    []Hit
	alpha   float32
}

// stringsMax bounds the table: past it, it starts afresh (and Renewed counts,
// which tells a painter to drop its copy).
const stringsMax = 1 << 14

// Reset empties the list for the next frame; it reports whether the string
// table started afresh.
func (l *List) Reset() (renewed bool) {
	l.Words, l.Hits, l.alpha = l.Words[:0], l.Hits[:0], 1
	if l.numbers == nil || len(l.Strings) > stringsMax {
		l.Strings, l.numbers = l.Strings[:0], map[string]int{}
		return true
	}
	return false
}

func (l *List) add(op Op, args ...float32) {
	l.Words = append(append(l.Words, float32(op)), args...)
}

// Rect fills a rectangle.
func (l *List) Rect(b Box, c Color) { l.add(OpRect, b.X, b.Y, b.W, b.H, float32(c)) }

// Round fills and strokes a rectangle with round corners. Dash is the length of
// dashes and gaps, 0 for none.
func (l *List) Round(b Box, radius float32, fill, stroke Color, width, dash float32) {
	l.add(OpRound, b.X, b.Y, b.W, b.H, radius, float32(fill), float32(stroke), width, dash)
}

// Line draws a straight line.
func (l *List) Line(x1, y1, x2, y2 float32, c Color, width, dash float32) {
	l.add(OpLine, x1, y1, x2, y2, float32(c), width, dash)
}

// Curve draws a quadratic curve.
func (l *List) Curve(x1, y1, cx, cy, x2, y2 float32, c Color, width, dash float32) {
	l.add(OpCurve, x1, y1, cx, cy, x2, y2, float32(c), width, dash)
}

// Circle fills and strokes a circle.
func (l *List) Circle(x, y, r float32, fill, stroke Color, width float32) {
	l.add(OpCircle, x, y, r, float32(fill), float32(stroke), width)
}

// Text writes one line.
func (l *List) Text(x, y float32, s string, f Font, c Color, a Align) {
	if s == "" {
		return
	}
	n, ok := l.numbers[s]
	if !ok {
		n = len(l.Strings)
		l.Strings = append(l.Strings, s)
		l.numbers[s] = n
	}
	l.add(OpText, x, y, float32(n), float32(f.Face), f.Size, float32(c), float32(a))
}

// Hatch fills a rectangle with diagonal lines.
func (l *List) Hatch(b Box, c Color) { l.add(OpHatch, b.X, b.Y, b.W, b.H, float32(c)) }

// Clip keeps what follows inside b, until Unclip. Clips do not nest.
func (l *List) Clip(b Box) { l.add(OpClip, b.X, b.Y, b.W, b.H) }

// Unclip ends Clip.
func (l *List) Unclip() { l.add(OpUnclip) }

// Alpha makes what follows transparent; 1 is opaque.
func (l *List) Alpha(a float32) {
	if a != l.alpha {
		l.alpha = a
		l.add(OpAlpha, a)
	}
}

// Triangle fills a triangle.
func (l *List) Triangle(x1, y1, x2, y2, x3, y3 float32, c Color) {
	l.add(OpTriangle, x1, y1, x2, y2, x3, y3, float32(c))
}

// Box is a rectangle in pixels.
type Box struct{ X, Y, W, H float32 }

// Inset gives the box without a border of d.
func (b Box) Inset(d float32) Box { return Box{b.X + d, b.Y + d, b.W - 2*d, b.H - 2*d} }

// Contains says whether the point lies in the box.
func (b Box) Contains(x, y float32) bool {
	return x >= b.X && x < b.X+b.W && y >= b.Y && y < b.Y+b.H
}

// MidX is the x of the middle.
func (b Box) MidX() float32 { return b.X + b.W/2 }

// MidY is the y of the middle.
func (b Box) MidY() float32 { return b.Y + b.H/2 }

// Each visits the operations, each with the words that follow it.
func (l *List) Each(visit func(op Op, args []float32)) {
	for i := 0; i < len(l.Words); {
		op := Op(l.Words[i])
		n := words[op]
		visit(op, l.Words[i+1:i+1+n])
		i += 1 + n
	}
}
