package scene

import (
	"fmt"
	"io"
	"strings"
)

// families are the CSS families of the faces, with what stands in for them.
var families = [...]string{
	Plain:      "'Atkinson Hyperlegible Next',system-ui,sans-serif",
	Strong:     "'Atkinson Hyperlegible Next',system-ui,sans-serif",
	Mono:       "'Atkinson Hyperlegible Mono',ui-monospace,monospace",
	MonoStrong: "'Atkinson Hyperlegible Mono',ui-monospace,monospace",
}

// WriteSVG writes the list as a drawing of its own. With a nil palette colours
// are classes (c0, c1, ... for fill, s0, s1, ... for stroke), which a page's
// style sheet paints in light or dark and which need no inline style.
func WriteSVG(w io.Writer, l *List, width, height float32, title string, p *Palette) error {
	s := svg{palette: p}
	role := "role=\"img\""
	fmt.Fprintf(&s.out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" viewBox=\"0 0 %s %s\" %s aria-label=\"%s\">\n",
		short(width), short(height), role, escape(title))
	if p != nil {
		fmt.Fprintf(&s.out, "<defs>%s</defs>\n", s.pattern(Stripe))
	} else {
		fmt.Fprint(&s.out, "<defs>", s.pattern(Stripe), "</defs>\n")
	}
	l.Each(func(op Op, args []float32) { s.op(op, args, l.Strings) })
	s.out.WriteString("</svg>\n")
	_, err := io.WriteString(w, s.out.String())
	return err
}

type svg struct {
	out     strings.Builder
	palette *Palette
	alpha   float32
	clips   int
}

func short(f float32) string {
	t := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.1f", f), "0"), ".")
	if t == "-0" {
		return "0"
	}
	return t
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;").Replace(s)
}

// paint gives the attributes of a fill and a stroke.
func (s *svg) paint(fill, stroke float32, width, dash float32) string {
	var classes []string
	out := ""
	switch {
	case fill < 0:
		out += " fill=\"none\""
	case s.palette != nil:
		out += fmt.Sprintf(" fill=\"%s\"", s.palette[int(fill)])
	default:
		classes = append(classes, fmt.Sprintf("c%d", int(fill)))
	}
	if stroke >= 0 {
		if s.palette != nil {
			out += fmt.Sprintf(" stroke=\"%s\"", s.palette[int(stroke)])
		} else {
			classes = append(classes, fmt.Sprintf("s%d", int(stroke)))
		}
		out += fmt.Sprintf(" stroke-width=\"%s\"", short(width))
		if dash > 0 {
			out += fmt.Sprintf(" stroke-dasharray=\"%s\"", short(dash))
		}
	}
	if len(classes) > 0 {
		out += fmt.Sprintf(" class=\"%s\"", strings.Join(classes, " "))
	}
	if s.alpha > 0 && s.alpha < 1 {
		out += fmt.Sprintf(" opacity=\"%.2f\"", s.alpha)
	}
	return out
}

func (s *svg) pattern(c Color) string {
	return "<pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\">" +
		"<path d=\"M-1 8L8-1M-1 1L1-1M6 8L8 6\"" + s.paint(-1, float32(c), 1.2, 0) + "/></pattern>"
}

func (s *svg) op(op Op, a []float32, texts []string) {
	o := &s.out
	switch op {
	case OpRect:
		fmt.Fprintf(o, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"%s/>\n",
			short(a[0]), short(a[1]), short(a[2]), short(a[3]), s.paint(a[4], -1, 0, 0))
	case OpRound:
		fmt.Fprintf(o, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"%s\"%s/>\n",
			short(a[0]), short(a[1]), short(a[2]), short(a[3]), short(a[4]), s.paint(a[5], a[6], a[7], a[8]))
	case OpLine:
		fmt.Fprintf(o, "<path d=\"M%s %sL%s %s\"%s/>\n", short(a[0]), short(a[1]), short(a[2]), short(a[3]), s.paint(-1, a[4], a[5], a[6]))
	case OpCurve:
		fmt.Fprintf(o, "<path d=\"M%s %sQ%s %s %s %s\"%s/>\n", short(a[0]), short(a[1]), short(a[2]), short(a[3]),
			short(a[4]), short(a[5]), s.paint(-1, a[6], a[7], a[8]))
	case OpCircle:
		fmt.Fprintf(o, "<circle cx=\"%s\" cy=\"%s\" r=\"%s\"%s/>\n", short(a[0]), short(a[1]), short(a[2]), s.paint(a[3], a[4], a[5], 0))
	case OpText:
		face := Face(a[3])
		weight := 400
		if face == Strong || face == MonoStrong {
			weight = 650
		}
		fmt.Fprintf(o, "<text x=\"%s\" y=\"%s\" font-family=\"%s\" font-weight=\"%d\" font-size=\"%s\" text-anchor=\"%s\"%s>%s</text>\n",
			short(a[0]), short(a[1]), families[face], weight, short(a[4]), [...]string{"start", "middle", "end"}[int(a[6])],
			s.paint(a[5], -1, 0, 0), escape(texts[int(a[2])]))
	case OpHatch:
		fmt.Fprintf(o, "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"url(#hatch)\" opacity=\"0.8\"/>\n",
			short(a[0]), short(a[1]), short(a[2]), short(a[3]))
	case OpClip:
		s.clips++
		fmt.Fprintf(o, "<clipPath id=\"clip%d\"><rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/></clipPath><g clip-path=\"url(#clip%d)\">\n",
			s.clips, short(a[0]), short(a[1]), short(a[2]), short(a[3]), s.clips)
	case OpUnclip:
		o.WriteString("</g>\n")
	case OpAlpha:
		s.alpha = a[0]
	case OpTriangle:
		fmt.Fprintf(o, "<path d=\"M%s %sL%s %sL%s %sZ\"%s/>\n", short(a[0]), short(a[1]), short(a[2]), short(a[3]),
			short(a[4]), short(a[5]), s.paint(a[6], -1, 0, 0))
	}
}
