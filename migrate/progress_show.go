package migrate

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// linesEvery is how often a plain line is written: often enough to see that it
// goes on, and few enough for a log.
const linesEvery = 10 * time.Second

// Show returns what tells people of progress: where w is a terminal a bar for
// each step, with the rate and the time that is left, and elsewhere plain lines,
// one every ten seconds and one at the end of each step. The function may be
// called by many goroutines; end finishes what is drawn, and must be called before
// anything else is written to w.
func Show(w io.Writer) (tell func(Progress), end func()) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b := newBars(w, mpb.WithAutoRefresh())
		return b.tell, b.end
	}
	l := &lines{w: w, now: time.Now}
	return l.tell, func() {}
}

// lines tell of progress one by one.
type lines struct {
	w   io.Writer
	now func() time.Time

	mu    sync.Mutex
	step  string
	began time.Time
	last  time.Time
}

func (l *lines) tell(p Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if p.Step != l.step {
		l.step, l.began, l.last = p.Step, now, now
		if !p.Last {
			return
		}
	}
	if !p.Last && now.Sub(l.last) < linesEvery {
		return
	}
	l.last = now
	// Whoever reads it does not need it to go on.
	_, _ = fmt.Fprintln(l.w, line(p, now.Sub(l.began)))
	if p.Last {
		l.step = ""
	}
}

// line says in words how far something is that has taken so long.
func line(p Progress, taken time.Duration) string {
	text := p.Step
	if p.Kind != "" {
		text += fmt.Sprintf(" (%s)", p.Kind)
	}
	switch {
	case p.Total > 0:
		text += fmt.Sprintf(": %d of %d (%d%%)", p.Done, p.Total, 100*p.Done/p.Total)
	case p.Done > 0 || !p.Last:
		text += fmt.Sprintf(": %d", p.Done)
	}
	if p.Failed > 0 {
		text += fmt.Sprintf(", %d failed", p.Failed)
	}
	if p.Last {
		return text + ", done in " + roughly(taken)
	}
	if rate := float64(p.Done) / taken.Seconds(); rate > 0 {
		text += fmt.Sprintf(", %.1f a second", rate)
		if p.Total > p.Done {
			text += ", " + roughly(time.Duration(float64(p.Total-p.Done)/rate*float64(time.Second))) + " left"
		}
	}
	return text
}

// roughly writes a duration as precisely as people want to know it.
func roughly(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	if d < time.Hour {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// bars draw progress on a terminal.
type bars struct {
	box *mpb.Progress

	mu   sync.Mutex
	bar  *mpb.Bar
	step string
}

func newBars(w io.Writer, o ...mpb.ContainerOption) *bars {
	return &bars{box: mpb.New(append(o, mpb.WithOutput(w), mpb.WithWidth(50))...)}
}

func (b *bars) tell(p Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar == nil || b.step != p.Step {
		b.finish()
		b.step = p.Step
		began := time.Now()
		// Without a total it does not end by itself: there may come more.
		b.bar = b.box.New(0, mpb.BarStyle(),
			mpb.PrependDecorators(decor.Name(p.Step+" ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return behind(s, time.Since(began)) })))
	}
	b.bar.SetTotal(int64(max(p.Total, p.Done)), false)
	b.bar.SetCurrent(int64(p.Done))
	if p.Last {
		b.finish()
	}
}

// behind is what stands behind a bar.
func behind(s decor.Statistics, taken time.Duration) string {
	text := fmt.Sprintf(" %d/%d", s.Current, s.Total)
	if rate := float64(s.Current) / taken.Seconds(); rate > 0 && !s.Completed {
		text += fmt.Sprintf("  %.1f/s", rate)
		if s.Total > s.Current {
			text += "  " + roughly(time.Duration(float64(s.Total-s.Current)/rate*float64(time.Second))) + " left"
		}
	}
	return text
}

// finish ends the bar that is drawn.
func (b *bars) finish() {
	if b.bar == nil {
		return
	}
	b.bar.SetTotal(-1, true)
	b.bar = nil
}

func (b *bars) end() {
	b.mu.Lock()
	b.finish()
	b.mu.Unlock()
	b.box.Wait()
}
