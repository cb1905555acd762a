package config

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is a value of a DOUBLE key, in billionths: the engine has no floating
// point. What is larger than it can hold is DecimalMax, which for a rate in bytes
// a second, 9 GB, is as good as no limit.
type Decimal int64

// DecimalOne is 1; DecimalMax stands for all that is larger.
const (
	DecimalOne Decimal = 1_000_000_000
	DecimalMax Decimal = math.MaxInt64
)

// decimalDigits is how many digits DecimalOne has after the point.
const decimalDigits = 9

// ParseDecimal reads what Double.parseDouble does, but for hexadecimal, NaN and
// Infinity: 0.5, .5, 5e-1, 1.7976931348623157E308, 0.5d. Digits below a billionth
// are cut off.
func ParseDecimal(text string) (Decimal, bool) {
	text = strings.TrimRight(text, "dDfF")
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	mantissa, exponent := text, int64(0)
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		n, err := strconv.ParseInt(text[at+1:], 10, 32)
		if err != nil {
			return 0, false
		}
		mantissa, exponent = text[:at], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n := shiftDecimal(digits, exponent+decimalDigits-int64(len(fraction)))
	if negative {
		n = -n
	}
	return n, true
}

// shiftDecimal is digits * 10^by, at most DecimalMax.
func shiftDecimal(digits string, by int64) Decimal {
	if by < 0 {
		digits = digits[:max(0, int64(len(digits))+by)]
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return 0
	}
	const digitsMax = 19 // of an int64
	if int64(len(digits))+max(by, 0) > digitsMax {
		return DecimalMax
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", int(max(by, 0))), 10, 64)
	if err != nil {
		return DecimalMax
	}
	return Decimal(n)
}

// Times is n * d, rounded down, at most MaxInt64; neither may be negative.
func (d Decimal) Times(n int64) int64 {
	high, low := bits.Mul64(uint64(n), uint64(d))
	if high >= uint64(DecimalOne) {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(high, low, uint64(DecimalOne))
	return int64(min(quotient, math.MaxInt64))
}
