package migrate

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

const (
	// shownObjects is how many objects of a finding the text names; the JSON has
	// more.
	shownObjects = 20

	// maxPrinted bounds a text of a side in a line, in characters.
	maxPrinted = 200
)

// prose is written for people. An error is told when it is flushed.
type prose struct{ *bufio.Writer }

func (l *prose) say(format string, args ...any) { _, _ = fmt.Fprintf(l, format, args...) }

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	b := &prose{bufio.NewWriter(w)}
	b.say("Plan: from %s to %s", r.Source, r.Target)
	if r.Domain != "" {
		b.say(", links of the main domain to %s", r.Domain)
	}
	b.say(". Nothing was written.\n")
	if r.Quick {
		b.say("Only the lists of %s were read: what they do not say of a link is not in this plan.\n", r.Source)
	}
	if len(r.Kinds) == 0 {
		b.say("\n%s has nothing to move.\n", r.Source)
	} else {
		r.writeKinds(b)
	}
	r.writeFindings(b)
	r.writeTime(b)
	return b.Flush()
}

func (r *Report) writeKinds(w *prose) {
	rows := [][]string{{"", "there are", "can be copied"}}
	for _, k := range r.Kinds {
		rows = append(rows, []string{kindNames[k.Kind] + "s", thousands(k.Objects), thousands(k.Movable)})
	}
	writeTable(w, rows)
	for _, k := range r.Kinds {
		rows := [][]string{{kindNames[k.Kind] + "s, by field", "kept", "changed", "lost", "untold"}}
		for _, f := range k.Fields {
			rows = append(rows, []string{f.Field, thousands(f.Kept), thousands(f.Changed), thousands(f.Lost), thousands(f.Untold)})
		}
		writeTable(w, rows)
	}
}

// writeTable writes names and the numbers behind them, below an empty line.
func writeTable(w *prose, rows [][]string) {
	wide := 0
	for _, row := range rows {
		wide = max(wide, len(row[0]))
	}
	w.say("\n")
	for _, row := range rows {
		w.say("%-*s", wide, row[0])
		for i, number := range row[1:] {
			w.say("  %*s", max(len(rows[0][i+1]), len("1,000,000")), number)
		}
		w.say("\n")
	}
}

func (r *Report) writeFindings(w *prose) {
	var untold []string // of one kind, which stand together
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Code == FoundUntold {
			untold = append(untold, fmt.Sprintf("%s (%s)", f.Field, thousands(f.Count)))
			if i+1 == len(r.Findings) || r.Findings[i+1].Code != FoundUntold || r.Findings[i+1].Kind != f.Kind {
				w.say("\n%s does not tell these of %ss, which lose them where they have them:\n  %s\n", r.Source, kindNames[f.Kind], strings.Join(untold, ", "))
				untold = nil
			}
			continue
		}
		w.say("\n%s\n", f.Message)
		shown := min(len(f.Objects), shownObjects)
		for _, o := range f.Objects[:shown] {
			line := printable(o.Name)
			if line == "" {
				line = fmt.Sprint(o.ID)
			}
			if o.Becomes != "" {
				line += " → " + printable(o.Becomes)
			}
			if o.Detail != "" {
				line += ": " + printable(o.Detail)
			}
			w.say("  %s\n", line)
		}
		if f.Count > shown {
			w.say("  and %s more\n", thousands(f.Count-shown))
		}
	}
	for _, n := range r.NotMoved {
		if n.Works {
			w.say("\n%s: Linkquay keeps them for %s, and they stay and go on working.\n", plural(n.Count, n.What), r.Source)
			continue
		}
		w.say("\n%s at %s: no move takes them along.\n", plural(n.Count, n.What), r.Source)
	}
}

func (r *Report) writeTime(w *prose) {
	w.say("\n")
	for _, side := range []struct {
		name string
		SideEstimate
	}{{r.Source, r.Estimate.Source}, {r.Target, r.Estimate.Target}} {
		switch {
		case side.Calls == 0:
		case side.Requests == 0:
			w.say("A copy takes %s to %s, whose rate is not limited here (api_rate).\n", plural(side.Calls, "call"), side.name)
		default:
			window := time.Duration(side.WindowSeconds * float64(time.Second))
			w.say("A copy takes %s to %s; at %d in %s that is %s.\n", plural(side.Calls, "call"), side.name, side.Requests, shortly(window), Took(side.Seconds))
		}
	}
	if r.Estimate.Source.Calls == 0 && r.Estimate.Target.Calls == 0 && len(r.Kinds) > 0 {
		w.say("A copy takes minutes at most: both sides work with many objects at a time.\n")
	}
}

// shortly writes a window of a rate: "1m" rather than "1m0s".
func shortly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Took writes a length of time for people, such as "5.6 hours".
func Took(seconds float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"day", 24 * 60 * 60}, {"hour", 60 * 60}, {"minute", 60}} {
		if seconds >= 1.5*u.seconds {
			return fmt.Sprintf("%.1f %ss", seconds/u.seconds, u.name)
		}
	}
	return fmt.Sprintf("%.0f seconds", seconds)
}

// printable returns a text of a side so that a terminal shows it and does nothing
// else, and not all of a long one.
func printable(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n++; n > maxPrinted {
			b.WriteRune('…')
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}
