package records

import (
	"context"
	"fmt"

	"github.com/linkquay/linkquay/api"
)

// flush writes the records that wait.
func (im *importer) flush(ctx context.Context) error {
	if len(im.batch) == 0 {
		return nil
	}
	defer func() { im.batch = im.batch[:0] }()
	rs := make([]Record, len(im.batch))
	for i := range im.batch {
		rs[i] = im.batch[i].r
	}
	outcomes, err := im.target.WriteRecords(ctx, rs, Policy{
		OnConflict: im.o.OnConflict, KeepIDs: im.header != nil, LastIDs: im.lastIDs, DryRun: im.o.DryRun,
		Claimed: func(kind Kind, id int64) bool { return im.claimed[kind][id] },
	})
	if err == nil && len(outcomes) != len(rs) {
		err = fmt.Errorf("%d records have %d outcomes", len(rs), len(outcomes))
	}
	if err != nil {
		// Their files stay: a lost connection may have committed the records all
		// the same. Else they are swept one day.
		return err
	}
	for i, out := range outcomes {
		im.settle(&im.batch[i], out)
	}
	return nil
}

// settle remembers what became of a record.
func (im *importer) settle(p *pending, out Outcome) {
	if out.State != Added && out.State != Replaced {
		im.removeStored(p)
	}
	l, isLink := p.r.(*Link)
	switch {
	case out.State == Failed:
		im.leaveOut(p)
		var err error = api.Errorf(api.Internal, "It was not written.")
		if out.Err != nil {
			err = out.Err
		}
		im.fail(p.line, p.r, err)
		return
	case out.State == Skipped && isLink:
		im.leaveOut(p)
	case isLink:
		to := out.ID
		if l.Kind() == KindQR || l.Kind() == KindFile {
			to = out.Link
		}
		im.idsOf(KindLink).add(p.link, to)
		if out.SwitchedOff {
			im.notice(p.line, p.r, "its password is not in the file: it was switched off")
		}
	case out.State == Skipped && p.r.Kind() == KindSecret:
		im.notice(p.line, p.r, "the database has its own, which stays: what was signed with the other is not understood")
	default:
		im.idsOf(p.r.Kind()).add(p.id, out.ID)
		im.claim(p.r.Kind(), out.ID)
	}
	im.summary.count(p.r.Kind(), out.State)
}

func (im *importer) claim(kind Kind, id int64) {
	switch kind {
	case KindCampaign, KindChannel, KindSplash, KindOverlay:
		if im.claimed[kind] == nil {
			im.claimed[kind] = map[int64]bool{}
		}
		im.claimed[kind][id] = true
	}
}

// leaveOut remembers that a record is in the file and not in the target.
func (im *importer) leaveOut(p *pending) {
	im.removeStored(p)
	if _, ok := p.r.(*Link); ok {
		im.idsOf(KindLink).add(p.link, leftOut)
		return
	}
	im.idsOf(p.r.Kind()).add(p.id, leftOut)
}

func (im *importer) removeStored(p *pending) {
	if p.stored == "" {
		return
	}
	// What cannot be removed is swept one day.
	_ = im.o.Files.Remove(p.stored)
	p.stored = ""
}

func (im *importer) idsOf(kind Kind) *idMap {
	m := im.ids[kind]
	if m == nil {
		m = &idMap{}
		im.ids[kind] = m
	}
	return m
}

func (im *importer) fail(line int, r Record, err error) {
	kind := Kind("")
	if r != nil {
		kind = r.Kind()
	}
	im.summary.count(kind, Failed)
	if im.o.Failed != nil {
		im.o.Failed(line, r, err)
	}
}

func (im *importer) notice(line int, r Record, text string) {
	im.summary.Notices++
	if im.o.Notice != nil {
		im.o.Notice(line, r, text)
	}
}
