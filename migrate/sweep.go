package migrate

import (
	"context"
	"fmt"
	"slices"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

const (
	// maxSweeps bounds how often a list is read until nothing new appears.
	maxSweeps = 5

	// batch is how many rows, or records, are handled at once.
	batch = 1000
)

// List writes down as rows what the source has: page by page, and again until
// nothing new appears, since lists shift while clients write. Rows tell by their
// Listing what has changed. Objects that the source has no longer become rows to
// be carried, too: to carry one asks for it before it deletes anything. A source
// that suddenly lists no links at all is an error.
func (m *Mover) List(ctx context.Context) (added, changed, vanished int, err error) {
	return m.list(ctx, func(Progress) {})
}

func (m *Mover) list(ctx context.Context, progress func(Progress)) (added, changed, vanished int, err error) {
	began := m.now()
	for _, kind := range adapters.Kinds {
		if Stays(m.Source.Backend, kind) {
			continue
		}
		s := &sweep{Mover: m, kind: kind, progress: progress}
		if err := s.run(ctx); err != nil {
			return added, changed, vanished, fmt.Errorf("listing the source: %w", err)
		}
		added, changed, vanished = added+s.added, changed+s.changed, vanished+s.vanished
	}
	progress(Progress{Step: StepListing, Last: true})
	m.Move.Listed = began
	if err := m.Store.SaveProgress(ctx, m.Move); err != nil {
		return added, changed, vanished, fmt.Errorf("saving progress: %w", err)
	}
	return added, changed, vanished, nil
}

// sweep lists the objects of one kind.
type sweep struct {
	*Mover
	kind     adapters.Kind
	progress func(Progress)

	seen                     []int64 // ids, in order once they are all there
	shorts                   map[string]bool
	added, changed, vanished int
}

func (s *sweep) run(ctx context.Context) error {
	if s.kind == adapters.KindLink && len(s.Source.Aliases) > 0 {
		s.shorts = map[string]bool{}
	}
	_, steady := s.Source.Backend.(adapters.Exporter)
	for range maxSweeps {
		fresh, pages, err := s.pages(ctx)
		if err != nil {
			return err
		}
		slices.Sort(s.seen)
		s.seen = slices.Compact(s.seen)
		// One page is of one moment, and an Exporter's follow the ids.
		if fresh == 0 || pages < 2 || steady {
			break
		}
	}
	if err := s.aliases(ctx); err != nil {
		return err
	}
	return s.missing(ctx)
}

// pages reads all pages once, and returns how many objects were not met before.
func (s *sweep) pages(ctx context.Context) (fresh, pages int, err error) {
	ask := s.patient(false)
	before := slices.Clip(s.seen)
	for number := 0; ; {
		var page *Page
		err := ask(ctx, func(ctx context.Context) (err error) {
			page, err = s.Source.List(ctx, s.kind, number)
			return err
		})
		if err != nil {
			return fresh, pages, err
		}
		pages++
		rows := make([]Row, 0, len(page.Records))
		for i := range page.Records {
			r := &page.Records[i]
			if _, met := slices.BinarySearch(before, r.ID); !met {
				fresh++
			}
			s.seen = append(s.seen, r.ID)
			if s.shorts != nil {
				s.shorts[canonicalURL(r.ShortURL)] = true
			}
			rows = append(rows, Row{Move: s.Move.ID, Kind: s.kind, SourceID: r.ID, ShortURL: r.ShortURL, Status: Listed, Listing: Listing(r)})
		}
		if err := s.add(ctx, rows); err != nil {
			return fresh, pages, err
		}
		s.progress(Progress{Step: StepListing, Kind: s.kind, Done: min(len(s.seen)-len(before), max(page.Total, len(rows))), Total: page.Total})
		if number = page.Next; number == 0 {
			return fresh, pages, nil
		}
	}
}

func (s *sweep) add(ctx context.Context, rows []Row) error {
	for part := range slices.Chunk(rows, batch) {
		added, changed, err := s.Store.AddRows(ctx, part)
		if err != nil {
			return fmt.Errorf("adding rows: %w", err)
		}
		s.added, s.changed = s.added+added, s.changed+changed
	}
	return nil
}

// aliases adds the links that are known from a file and were not listed.
func (s *sweep) aliases(ctx context.Context) error {
	if s.kind != adapters.KindLink {
		return nil
	}
	var rows []Row
	for _, a := range s.Source.Aliases {
		if s.shorts[canonicalURL(a.ShortURL)] {
			continue
		}
		said, err := sjson.SetBytes([]byte(`{}`), "url", a.URL)
		if err == nil {
			said, err = sjson.SetBytes(said, "metatitle", a.Title)
		}
		if err != nil {
			return fmt.Errorf("adding an alias: %w", err)
		}
		id := a.ID()
		s.seen = append(s.seen, id)
		rows = append(rows, Row{
			Move: s.Move.ID, Kind: s.kind, SourceID: id, ShortURL: a.ShortURL, Status: Listed,
			Listing: Listing(&adapters.Record{Document: said}),
		})
		if len(rows) == batch {
			if err := s.add(ctx, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	slices.Sort(s.seen)
	return s.add(ctx, rows)
}

// missing makes rows to be carried of those whose objects were not listed.
func (s *sweep) missing(ctx context.Context) error {
	for after := int64(0); ; {
		rows, err := s.Store.Rows(ctx, Filter{Move: s.Move.ID, Kind: s.kind, After: after, Limit: batch})
		if err != nil {
			return fmt.Errorf("reading rows: %w", err)
		}
		var gone []Row
		for i := range rows {
			r := &rows[i]
			if _, met := slices.BinarySearch(s.seen, r.SourceID); met || r.SourceID <= 0 || r.Status == Deleted {
				continue
			}
			if s.kind == adapters.KindLink && len(s.seen) == 0 && r.Status == Copied {
				return api.Errorf(api.Unavailable, "The backend %q lists no links any more, and had some. Nothing was changed: please check its API key.", s.Source.Name)
			}
			r.Status, r.Error, r.Listing = Listed, "", nil
			gone = append(gone, *r)
		}
		if len(gone) > 0 {
			if err := s.Store.SaveRows(ctx, gone); err != nil {
				return fmt.Errorf("saving rows: %w", err)
			}
			s.vanished += len(gone)
		}
		if len(rows) < batch {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

// total returns how many objects of a kind a place has, 0 where it does not tell.
func (p *Place) total(ctx context.Context, kind adapters.Kind) int {
	res := resources[kind]
	if !p.Backend.Capabilities().Supports(res.list) {
		return 0
	}
	call := p.call(res.list)
	call.Query = map[string][]string{"limit": {"1"}}
	reply, err := p.Backend.Do(ctx, call)
	if err != nil {
		return 0
	}
	return int(gjson.GetBytes(reply.Document, "data.result").Int())
}
