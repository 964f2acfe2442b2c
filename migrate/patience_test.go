package migrate

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linkquay/linkquay/api"
)

// answers returns a question that is answered by each error in turn, and by the
// last one from then on; asked counts.
func answers(asked *int, errs ...error) func(context.Context) error {
	return func(context.Context) error {
		err := errs[min(*asked, len(errs)-1)]
		*asked++
		return err
	}
}

func TestPatience(t *testing.T) {
	away := api.Errorf(api.Unavailable, "Away.")
	busy := &api.Error{Code: api.RateLimited, Message: "Busy.", RetryAfter: time.Minute}
	refused := api.Errorf(api.Invalid, "No.")
	closed := api.Errorf(api.Unauthorized, "Closed.")
	for _, c := range []struct {
		name     string
		patience time.Duration
		errs     []error
		others   bool // other questions are answered meanwhile
		want     error
		asked    int
		stuck    bool
		took     time.Duration // at least
	}{
		{name: "answered", errs: []error{nil}, asked: 1},
		{name: "refused", errs: []error{refused}, want: refused, asked: 1},
		{name: "back soon", errs: []error{away, away, nil}, asked: 3},
		{name: "its rate is spent", errs: []error{busy, busy, nil}, asked: 3, took: 2 * time.Minute},
		{name: "impatient", patience: -1, errs: []error{away}, want: away, asked: 1},
		{name: "a login page, once", errs: []error{closed, nil}, asked: 2},
		{name: "not let in", errs: []error{closed}, want: closed, asked: 5},
		{name: "away for long", errs: []error{away}, want: away, took: 10 * time.Minute},
		{name: "away for less long", patience: time.Minute, errs: []error{away}, want: away, took: time.Minute},
		{name: "for others it is there", errs: []error{away}, others: true, want: away, asked: 5, stuck: true},
		{name: "rates are everybody's", patience: time.Hour, errs: []error{busy, busy, busy, busy, busy, busy, busy, nil}, others: true, asked: 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &Mover{Patience: c.patience}
				if c.others {
					time.AfterFunc(time.Second, func() { m.target.note(time.Now()) })
				}
				began, asked := time.Now(), 0
				err := m.patient(true)(t.Context(), answers(&asked, c.errs...))
				if !errors.Is(err, c.want) || c.want == nil && err != nil {
					t.Errorf("the answer is %v; want %v", err, c.want)
				}
				if c.asked != 0 && asked != c.asked {
					t.Errorf("it was asked %d times; want %d", asked, c.asked)
				}
				if isStuck(err) != c.stuck {
					t.Errorf("stuck is %t", isStuck(err))
				}
				if took := time.Since(began); took < c.took || took > c.took+time.Hour {
					t.Errorf("it took %s; want %s or more", took, c.took)
				}
			})
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		asked := 0
		err := new(Mover).patient(false)(ctx, answers(&asked, api.Errorf(api.Unavailable, "Away.")))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the answer is %v", err)
		}
	})
}

// TestBusy carries nothing twice at a time.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b busy
		of := task{kind: "link", id: 1}
		end, err := b.begin(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		other, err := b.begin(t.Context(), task{kind: "link", id: 2})
		if err != nil {
			t.Fatal(err)
		}
		other()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.begin(ctx, of); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("beginning twice: %v", err)
		}
		time.AfterFunc(time.Second, end)
		again, err := b.begin(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		again()
		if len(b.with) != 0 {
			t.Errorf("there are still %d", len(b.with))
		}
	})
}
