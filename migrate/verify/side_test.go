package verify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/verify"
)

func away(string, string) (*guard.Answer, error) {
	return &guard.Answer{Status: http.StatusFound, Location: "https://a.test/"}, nil
}

// waiting runs with one visitor, on a clock that nobody waits for.
func waiting(ctx context.Context, shorts rows, source, target *fake) (*verify.Report, error) {
	visitors, _ := verify.Matrix([]string{"desktop"}, nil)
	return verify.Run(ctx, verify.Options{
		Move: &migrate.Move{}, Rows: shorts, Origin: "https://target.test", Visitors: visitors,
		Source: verify.Side{Opener: source}, Target: verify.Side{Opener: target},
		Rate: api.Rate{Requests: 2, Window: time.Second},
	})
}

// Neither side gets more than the rate, however many look.
func TestSide_Rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, target := &fake{answer: away}, &fake{answer: away}
		r, err := waiting(t.Context(), links("https://s.test/a", "https://s.test/b", "https://s.test/c", "https://s.test/d", "https://s.test/e"), source, target)
		if err != nil || r.Err() != nil || len(source.times) != 5 {
			t.Fatalf("Run = %+v, %v", r, err)
		}
		for _, f := range []*fake{source, target} {
			for i := 1; i < len(f.times); i++ {
				if gap := f.times[i].Sub(f.times[i-1]); gap < time.Second/2 {
					t.Errorf("requests %s apart", gap)
				}
			}
		}
	})
}

// What sides say does nothing to a terminal.
func TestReport_printable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const escape, introducer = "\x1b]0;theirs\a", "\u009b31m"
		source := &fake{answer: func(_, address string) (*guard.Answer, error) {
			if strings.HasSuffix(address, "/down") {
				return nil, errors.New("malformed header line: " + escape)
			}
			return &guard.Answer{Status: http.StatusFound, Location: "https://a.test/?q=" + introducer}, nil
		}}
		var shorts []string
		for range 30 {
			shorts = append(shorts, "https://s.test/down")
		}
		r, err := waiting(t.Context(), links(append([]string{"https://s.test/a?" + introducer}, shorts...)...), source, &fake{answer: away})
		if err == nil {
			t.Fatal("a side that is down is no error")
		}
		var text strings.Builder
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if all := text.String() + r.Err().Error() + err.Error(); strings.ContainsAny(all, "\x1b\a\u009b") || !strings.Contains(all, "31m") || !strings.Contains(all, "theirs") {
			t.Errorf("the report is %q", all)
		}
	})
}

// A side that is busy is asked again when it says, and a failure that passes is
// none.
func TestSide_Retries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		source := &fake{answer: func(string, string) (*guard.Answer, error) {
			switch n++; n {
			case 1:
				return &guard.Answer{Status: 429, Header: http.Header{"Retry-After": {"60"}}}, nil
			case 2:
				return nil, errDown
			}
			return away("", "")
		}}
		r, err := waiting(t.Context(), links("https://s.test/a"), source, &fake{answer: away})
		if err != nil || r.Err() != nil {
			t.Fatalf("Run = %+v, %v", r, err)
		}
		if gap := source.times[1].Sub(source.times[0]); gap != time.Minute {
			t.Errorf("asked again after %s; want the minute that it said", gap)
		}
		// What it says is clamped.
		source.answer = func(string, string) (*guard.Answer, error) {
			return &guard.Answer{Status: 429, Header: http.Header{"Retry-After": {"999999999999"}}}, nil
		}
		start := time.Now()
		r, err = waiting(t.Context(), links("https://s.test/a"), source, &fake{answer: away})
		if err != nil || r.Total(verify.Unknown) != 1 || time.Since(start) > time.Hour {
			t.Errorf("Run = %+v, %v after %s", r, err, time.Since(start))
		}
	})
}

// A side that is down ends the run, with what was found until then.
func TestSide_Down(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shorts []string
		for range 1000 {
			shorts = append(shorts, "https://s.test/a")
		}
		left := 30
		target := &fake{answer: func(string, string) (*guard.Answer, error) {
			if left--; left >= 0 {
				return away("", "")
			}
			return nil, errDown
		}}
		r, err := waiting(t.Context(), links(shorts...), &fake{answer: away}, target)
		if err == nil || !strings.Contains(err.Error(), "the target does not answer: 20 times in a row, at last: connection refused") {
			t.Errorf("Run = %v", err)
		}
		if r == nil || r.Err() == nil || r.SameLinks != 30 || r.Stopped == "" || len(r.Findings) == 0 {
			t.Errorf("the report is %+v", r)
		}
	})
}

// It ends with its context, in the middle of a pause too.
func TestRun_Ends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		down := &fake{answer: func(string, string) (*guard.Answer, error) { return nil, errDown }}
		r, err := waiting(ctx, links("https://s.test/a", "https://s.test/b"), down, &fake{answer: away})
		if err == nil || r.Stopped == "" || ctx.Err() == nil {
			t.Errorf("Run = %+v, %v", r, err)
		}
	})
}
