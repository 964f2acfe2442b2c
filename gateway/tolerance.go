package gateway

import (
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/translate"
)

// habits are what the kinds of habits are, as clauses about a field.
var habits = map[translate.Kind]string{
	translate.UnknownField:    "is not known",
	translate.DuplicateField:  "is given twice",
	translate.NullValue:       "is null",
	translate.EmptyValue:      "is empty",
	translate.OtherType:       "has another type than the contract says",
	translate.IncompleteEntry: "has an entry that is not complete",
	translate.Alias:           "is another name than the contract has",
}

// maxSeen bounds what a Gateway remembers of the habits of keys.
const maxSeen = 10_000

// seen remembers which habits of which keys were logged today. It is safe for
// concurrent use; its zero value has seen nothing.
type seen struct {
	mu     sync.Mutex
	day    int64
	habits map[habit]bool
}

type habit struct {
	key  string
	kind translate.Kind
}

// first reports whether the habit is seen for the first time on the day.
func (s *seen) first(h habit, now time.Time) bool {
	day := now.Unix() / int64(24*time.Hour/time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.habits == nil || s.day != day {
		s.day, s.habits = day, map[habit]bool{}
	}
	if s.habits[h] || len(s.habits) >= maxSeen {
		return false
	}
	s.habits[h] = true
	return true
}

// tolerated counts what was put right of a request, and logs each kind of it
// once a day for each key. From a strict key nothing is put right.
func (e *exchange) tolerated(notes []translate.Note) error {
	if len(notes) == 0 {
		return nil
	}
	if e.key.Strict {
		fields := make([]api.FieldError, min(len(notes), maxFields))
		for i, n := range notes[:len(fields)] {
			fields[i] = api.FieldError{Field: short(n.Field), Message: habits[n.Kind]}
		}
		return api.InvalidFields(fields...)
	}
	for _, n := range notes {
		e.gateway.cfg.Metrics.Tolerated(e.dialect.Name(), n.Kind)
		if !e.gateway.seen.first(habit{e.key.ID, n.Kind}, time.Now()) {
			continue
		}
		e.gateway.cfg.Logger.Info("put right what a client sends", zap.String("key", e.key.Name), zap.String("dialect", e.dialect.Name()),
			zap.String("habit", string(n.Kind)), zap.String("field", short(n.Field)), zap.String("operation", string(e.head.Call.Operation)))
	}
	return nil
}

const (
	// maxField bounds the name of a field that may be the client's own text.
	maxField = 64

	// maxFields bounds how many habits a strict key is told of at once.
	maxFields = 20
)

func short(field string) string {
	if len(field) <= maxField {
		return field
	}
	return strings.ToValidUTF8(field[:maxField], "") + "…"
}
