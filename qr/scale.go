package qr

import (
	"image"
	"image/draw"
)

// scale returns a picture w wide and h high. Each of its pixels is the mean of
// the area that it stands for, so that thin lines survive; colours are weighted
// by their opacity. It holds one row of the source at a time.
func scale(src image.Image, w, h int) *image.RGBA {
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	columns, rows := spans(b.Dx(), w), spans(b.Dy(), h)
	line := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	// What a target pixel's area adds up to, as red, green, blue and opacity.
	sums := make([][4]float64, w)
	area := float64(b.Dx()) / float64(w) * float64(b.Dy()) / float64(h)
	for y, row := range rows {
		clear(sums)
		for sy := row.first; sy <= row.last; sy++ {
			draw.Draw(line, line.Bounds(), src, image.Pt(b.Min.X, b.Min.Y+sy), draw.Src)
			addLine(sums, line.Pix, columns, row.weight(sy))
		}
		for x := range sums {
			for i, v := range sums[x] {
				out.Pix[out.PixOffset(x, y)+i] = uint8(min(v/area+0.5, 255))
			}
		}
	}
	return out
}

// addLine adds a row of premultiplied pixels.
func addLine(sums [][4]float64, pix []uint8, columns []span, weight float64) {
	for x, column := range columns {
		for sx := column.first; sx <= column.last; sx++ {
			share := weight * column.weight(sx)
			for i, v := range pix[4*sx : 4*sx+4] {
				sums[x][i] += share * float64(v)
			}
		}
	}
}

// span is the part of a line that a target pixel stands for: source pixels from
// first to last, of which the outer two may count in part.
type span struct {
	first, last int
	head, tail  float64
}

// spans divides a line of n pixels into m parts of the same length.
func spans(n, m int) []span {
	out := make([]span, m)
	step := float64(n) / float64(m)
	for i := range out {
		from, to := float64(i)*step, min(float64(i+1)*step, float64(n))
		first, last := min(int(from), n-1), min(int(to), n-1)
		out[i] = span{first: first, last: last, head: float64(first+1) - from, tail: to - float64(last)}
		if first == last {
			out[i].head = to - from
		}
	}
	return out
}

func (s span) weight(i int) float64 {
	switch i {
	case s.first:
		return s.head
	case s.last:
		return s.tail
	}
	return 1
}
