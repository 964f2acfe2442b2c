package adopt

import (
	"sync/atomic"

	"go.uber.org/zap"
)

// Outcome is what came of a request for an alias that nobody knew here, for the
// metric.
type Outcome uint8

// The outcomes.
const (
	// TakenOver: the link is here now.
	TakenOver Outcome = iota
	// PassedOn: the visitor was led where the link leads, which could not be taken
	// over just now.
	PassedOn
	// Missing: the provider has no such link.
	Missing
	// Remembered: it had none a while ago, and was not asked.
	Remembered
	// Refused: the link cannot be taken over.
	Refused
	// Limited: the client address had asked for much that does not exist.
	Limited
	// Busy: too many lookups are under way.
	Busy
	// Failed: the provider or the database did not answer.
	Failed

	// Outcomes is how many there are.
	Outcomes = iota
)

var outcomeNames = [Outcomes]string{
	"taken_over", "passed_on", "missing", "remembered", "refused", "limited", "busy", "failed",
}

// String returns the outcome as a metric's label.
func (o Outcome) String() string { return outcomeNames[o] }

// outage tells once that a provider fails, and once that it answers again: a
// line for every visitor would fill the log.
type outage struct {
	logger *zap.Logger
	now    atomic.Bool
}

func (o *outage) note(err error) {
	switch {
	case err != nil && o.now.CompareAndSwap(false, true):
		o.logger.Warn("links of a domain cannot be looked up where they were before; visitors of new ones get 503 or are passed on", zap.Error(err))
	case err == nil && o.now.CompareAndSwap(true, false):
		o.logger.Info("links of a domain can be looked up again")
	}
}
