package scene

import "unicode/utf8"

// Advance widths of Atkinson Hyperlegible Next, in thousandths of the font size,
// of U+0020 to U+007E: what a browser would measure, so that layout needs none.
// Mono is one width throughout.
var (
	advanceRegular = [95]int16{
		280, 286, 301, 651, 592, 919, 731, 160, 299, 299, 485, 606, 210, 362, 210, 387,
		648, 407, 548, 576, 614, 588, 598, 510, 615, 595, 210, 210, 553, 628, 553, 480,
		778, 626, 613, 645, 669, 569, 552, 694, 694, 392, 512, 631, 541, 824, 693, 714,
		592, 724, 614, 592, 558, 690, 593, 856, 623, 575, 607, 317, 387, 344, 552, 372,
		243, 525, 566, 485, 564, 538, 314, 558, 550, 252, 245, 492, 262, 845, 550, 548,
		566, 574, 349, 471, 326, 540, 461, 684, 481, 449, 460, 344, 237, 344, 555,
	}
	advanceStrong = [95]int16{
		308, 300, 376, 747, 607, 961, 726, 203, 329, 329, 485, 596, 262, 371, 262, 432,
		658, 435, 574, 596, 622, 605, 621, 533, 623, 574, 262, 262, 567, 614, 567, 536,
		781, 670, 638, 656, 686, 593, 564, 715, 700, 420, 553, 659, 550, 853, 714, 742,
		623, 752, 644, 607, 599, 687, 636, 881, 675, 638, 617, 336, 432, 344, 577, 395,
		281, 548, 591, 506, 591, 559, 357, 588, 568, 293, 257, 546, 309, 876, 568, 571,
		591, 595, 372, 503, 368, 563, 519, 731, 531, 510, 499, 376, 251, 376, 540,
	}
)

const (
	advanceMono    = 632
	advanceUnknown = 640 // wider than most, so that a guess never overflows
)

// fold maps the accented letters of Spanish to letters of the same advance.
func fold(r rune) rune {
	switch r {
	case 'á':
		return 'a'
	case 'é':
		return 'e'
	case 'í', '¡':
		return 'i'
	case 'ó':
		return 'o'
	case 'ú', 'ü':
		return 'u'
	case 'ñ':
		return 'n'
	case 'Á':
		return 'A'
	case 'É':
		return 'E'
	case 'Í':
		return 'I'
	case 'Ó':
		return 'O'
	case 'Ú', 'Ü':
		return 'U'
	case 'Ñ':
		return 'N'
	case '·':
		return ' '
	case '–', '¿':
		return '5'
	case '−':
		return '+'
	}
	return r
}

// TextWidth is the width of s in pixels.
func TextWidth(s string, f Font) float32 {
	if f.Face == Mono {
		return float32(utf8.RuneCountInString(s)) * advanceMono * f.Size / 1000
	}
	table := &advanceRegular
	if f.Face == Strong {
		table = &advanceStrong
	}
	sum := 0
	for _, r := range s {
		r = fold(r)
		if r < ' ' || r > '~' {
			sum += advanceUnknown
			continue
		}
		sum += int(table[r-' '])
	}
	return float32(sum) * f.Size / 1000
}

// Fit gives s, or as much of it as fits with an ellipsis; "" where not even a
// letter does.
func Fit(s string, f Font, width float32) string {
	if TextWidth(s, f) <= width {
		return s
	}
	room := width - TextWidth("…", f)
	cut := 0
	for i, r := range s {
		w := TextWidth(s[:i+utf8.RuneLen(r)], f)
		if w > room {
			break
		}
		cut = i + utf8.RuneLen(r)
	}
	if cut == 0 {
		return ""
	}
	return s[:cut] + "…"
}
