package migrate

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/openapi"
)

// DefaultPlanLimit is how many objects of each finding a report lists.
const DefaultPlanLimit = 10_000

// PlanOptions say how to plan.
type PlanOptions struct {
	// Domain is that of the move: the host that links of the source's main domain
	// get at the target. Empty means the target's main domain.
	Domain string

	// Quick reads lists only, and not each link.
	Quick bool

	// Limit is how many objects of each finding the report lists; 0 means
	// DefaultPlanLimit, below 0 all.
	Limit int

	// Patience is how long either side is waited for while it does not answer, as
	// in Mover.
	Patience time.Duration

	// Progress is told how far it is; nil means that nobody is. It is called by one
	// goroutine at a time.
	Progress func(Progress)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Plan reads all that the source gives, and what is at the target, and reports
// what a move would do. It writes nothing. An error says that a side could not be
// read.
func Plan(ctx context.Context, source, target *Place, o PlanOptions) (*Report, error) {
	contract, err := openapi.Load()
	if err != nil {
		return nil, fmt.Errorf("loading the contract: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limit == 0 {
		o.Limit = DefaultPlanLimit
	}
	mover := &Mover{
		Move: &Move{Domain: o.Domain}, Source: source, Target: target, Now: o.Now, Patience: o.Patience,
	}
	p := &planner{
		PlanOptions: o, mover: mover, source: source, target: target, contract: contract,
		askSource: mover.patient(false), askTarget: mover.patient(true),
		keys: map[adapters.Kind]map[string]bool{}, stays: map[reference]bool{},
		found:  findings{limit: o.Limit},
		report: &Report{Source: source.Name, Target: target.Name, Domain: hostOf(o.Domain), Quick: o.Quick, Began: o.Now().UTC(), Kinds: []KindReport{}, NotMoved: []NotMoved{}},
	}
	for _, kind := range adapters.Kinds {
		p.keys[kind] = map[string]bool{}
		p.tallies = append(p.tallies, newTally(kind))
	}
	if err := p.run(ctx); err != nil {
		return nil, err
	}
	return p.report, nil
}

// planner makes one report.
type planner struct {
	PlanOptions

	mover                *Mover
	source, target       *Place
	askSource, askTarget asker
	contract             *openapi.Contract

	report    *Report
	tallies   []*tally
	found     findings
	addresses addresses

	// keys are the natural keys at the target, stays what of the source cannot be
	// moved.
	keys  map[adapters.Kind]map[string]bool
	stays map[reference]bool

	// listCalls is how many calls it took to list the source.
	listCalls int

	mu   sync.Mutex // for progress
	done int
}

func (p *planner) run(ctx context.Context) error {
	if err := p.readTarget(ctx); err != nil {
		return fmt.Errorf("reading %s: %w", p.target.Name, err)
	}
	for i, kind := range adapters.Kinds {
		if err := p.kind(ctx, kind, p.tallies[i]); err != nil {
			return fmt.Errorf("reading %s: %w", p.source.Name, err)
		}
	}
	if err := p.files(ctx); err != nil {
		return err
	}
	p.untold()
	for _, t := range p.tallies {
		if t.report.Objects > 0 {
			p.report.Kinds = append(p.report.Kinds, t.result())
		}
	}
	p.report.Findings = p.found.sorted(p.source.Name, p.target.Name)
	p.report.Estimate = p.estimate()
	p.report.Ended = p.Now().UTC()
	return nil
}

// tell counts objects as done, and says so.
func (p *planner) tell(kind adapters.Kind, total, more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += more
	if p.Progress != nil {
		p.Progress(Progress{Step: "reading", Kind: kind, Done: p.done, Total: max(total, p.done)})
	}
}

func (p *planner) progress(at Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Progress != nil {
		p.Progress(at)
	}
}
