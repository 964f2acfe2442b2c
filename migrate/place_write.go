package migrate

import (
	"context"
	"slices"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// maxImport is how many records an Importer is given at a time.
const maxImport = 1000

// Result is what became of a record that was put to a place.
type Result struct {
	// ID is that of the object, 0 where Err is set.
	ID int64

	// Existing says that the object was there before.
	Existing bool

	// Lost names the fields that the place does not take, in the order of their
	// discovery. The object is there without them.
	Lost []string

	// Stored is the object as the place says it is now; nil where Err is set.
	Stored *adapters.Record

	// Err says why the record was not taken: an *api.Error of the place's, or what
	// ended the context. Unsupported: the place has no such objects, or cannot do
	// without a field.
	Err error
}

// Put writes records to the place, each on its own, and returns one result for
// each, in their order. A record with an ID replaces that object, and one
// without is added; what is there already by its natural key is not added
// twice. References in Document, and Channels, are ids of the place. An object
// that a record names by ID and that is not there any more is NotFound.
//
// A password in Document is for places that know no hashes: it is sent to the
// backend and never kept.
func (p *Place) Put(ctx context.Context, records []adapters.Record) []Result {
	w := &writer{place: p, ask: once, trust: &trust{}}
	return w.put(ctx, records)
}

// Delete removes an object. One that is not there is NotFound.
func (p *Place) Delete(ctx context.Context, kind adapters.Kind, id int64) error {
	call := p.call(writes[kind].remove)
	call.Path.ID = id
	_, err := p.Backend.Do(ctx, call)
	return err
}

// asker asks a question, more than once where it is patient.
type asker func(ctx context.Context, question func(ctx context.Context) error) error

func once(ctx context.Context, question func(ctx context.Context) error) error { return question(ctx) }

// writer writes to a place.
type writer struct {
	place *Place
	ask   asker

	// trust is what the place was found to do.
	trust *trust

	// claimed reports whether an object of the place is known to be another one
	// than that which is put; nil means that none is.
	claimed func(ctx context.Context, kind adapters.Kind, id int64) (bool, error)

	// keys are the ids of the place's objects by natural key, where they are known.
	// Nil means that the place is asked.
	keys map[string][]int64

	// given are objects that records before this one have become.
	given map[reference]bool

	// begin is told of a record before an object is made of it, which its error
	// keeps from being made; nil means that nobody is.
	begin func(ctx context.Context, r *adapters.Record) error

	// doubtful says that the records may have been put before without anybody
	// knowing: that is looked for also where it takes many calls.
	doubtful bool
}

func (w *writer) put(ctx context.Context, records []adapters.Record) []Result {
	results := make([]Result, len(records))
	if importer, ok := w.place.Backend.(adapters.Importer); ok {
		for from := 0; from < len(records); from += maxImport {
			to := min(from+maxImport, len(records))
			w.importAll(ctx, importer, records[from:to], results[from:to])
		}
		return results
	}
	for i := range records {
		results[i] = w.one(ctx, &records[i])
		w.give(records[i].Kind, results[i].ID)
	}
	return results
}

// give notes that an object is a record's: no other one is it.
func (w *writer) give(kind adapters.Kind, id int64) {
	if w.given == nil {
		w.given = map[reference]bool{}
	}
	if kind != adapters.KindLink && id != 0 {
		w.given[reference{kind, id}] = true
	}
}

// importAll has an Importer take the records.
func (w *writer) importAll(ctx context.Context, importer adapters.Importer, records []adapters.Record, results []Result) {
	batch := make([]adapters.Record, 0, len(records))
	at := make([]int, 0, len(records)) // where the result of each belongs
	for i := range records {
		r := records[i]
		// What a move brings is known by its row.
		r.Adopted = r.Adopted && w.claimed == nil
		var err error
		if gjson.GetBytes(r.Document, fieldPassword).Exists() {
			if r.PasswordHash == "" && gjson.GetBytes(r.Document, fieldPassword).Str != "" {
				results[i].Lost = append(results[i].Lost, fieldPassword)
			}
			r.Document, err = sjson.DeleteBytes(r.Document, fieldPassword)
		}
		if err == nil && r.ID == 0 && r.Kind != adapters.KindLink && r.Kind != adapters.KindQR {
			r.ID, err = w.adopt(ctx, &r)
			results[i].Existing = r.ID != 0
			w.give(r.Kind, r.ID)
		}
		if err == nil && r.ID == 0 && w.begin != nil {
			err = w.begin(ctx, &r)
		}
		if err != nil {
			results[i].Err = err
			continue
		}
		batch, at = append(batch, r), append(at, i)
	}
	if len(batch) == 0 {
		return
	}
	var imported []adapters.Imported
	err := w.ask(ctx, func(ctx context.Context) (err error) {
		imported, err = importer.Import(ctx, w.place.Account, batch)
		return err
	})
	for n, i := range at {
		res := &results[i]
		switch {
		case err != nil:
			res.Err = err
		case imported[n].Err != nil:
			res.Err = imported[n].Err
			if r := &batch[n]; r.ID == 0 && r.Kind == adapters.KindLink && isCode(res.Err, api.Conflict) {
				*res = w.importTaken(ctx, importer, r, res.Err)
			}
		default:
			res.ID, res.Existing = imported[n].ID, res.Existing || imported[n].Existing
			res.Stored = &imported[n].Stored
			if r := &batch[n]; r.ID == 0 && !res.Existing && r.Protected && r.PasswordHash == "" && !slices.Contains(res.Lost, fieldPassword) {
				// It is closed for everybody.
				res.Lost = append(res.Lost, fieldPassword)
			}
		}
	}
}

// importTaken looks at what has the alias that a link was to have, and has it
// replaced where that is the link, written in another way.
func (w *writer) importTaken(ctx context.Context, importer adapters.Importer, r *adapters.Record, conflict error) Result {
	id, err := w.mine(ctx, r, conflict)
	if err != nil {
		return Result{Err: err}
	}
	one, results := *r, make([]Result, 1)
	one.ID = id
	w.importAll(ctx, importer, []adapters.Record{one}, results)
	results[0].Existing = results[0].Err == nil
	return results[0]
}

// mine returns the id of the link that has the alias that a link was to have,
// where it leads to the same place, and so is from an earlier try, or was adopted,
// wherever it led to then, and where nobody has claimed it. Else the error is the
// conflict.
func (w *writer) mine(ctx context.Context, r *adapters.Record, conflict error) (int64, error) {
	id, err := w.free(ctx, r, func(found *adapters.Record) bool {
		return found.Adopted || sameURL(gjson.GetBytes(found.Document, "url").Str, gjson.GetBytes(r.Document, "url").Str)
	})
	if id == 0 && err == nil {
		err = conflict
	}
	return id, err
}

// adopt returns the id of an object that the record is already, 0 where there
// is none.
func (w *writer) adopt(ctx context.Context, r *adapters.Record) (int64, error) {
	if w.keys != nil {
		return w.unclaimed(ctx, r.Kind, w.keys[naturalKey(r)])
	}
	if r.Kind == adapters.KindQR {
		if !w.doubtful {
			return 0, nil
		}
		return w.search(ctx, r)
	}
	found, err := w.find(ctx, r)
	if found == nil || err != nil {
		return 0, err
	}
	claimed, err := w.isClaimed(ctx, r.Kind, found.ID)
	if !claimed || err != nil {
		return found.ID, err
	}
	return w.search(ctx, r)
}

// find returns the object with the record's natural key, nil where there is none.
func (w *writer) find(ctx context.Context, r *adapters.Record) (found *adapters.Record, err error) {
	err = w.ask(ctx, func(ctx context.Context) (err error) {
		found, err = w.place.Find(ctx, r)
		return err
	})
	if isCode(err, api.NotFound) || isCode(err, api.Unsupported) {
		return nil, nil //nolint:nilnil // That there is none is an answer.
	}
	return found, err
}

// free returns the id of the object with the record's natural key, where it is
// the one that is meant and nobody has claimed it, else 0.
func (w *writer) free(ctx context.Context, r *adapters.Record, meant func(found *adapters.Record) bool) (int64, error) {
	found, err := w.find(ctx, r)
	if found == nil || err != nil || !meant(found) {
		return 0, err
	}
	return w.unclaimed(ctx, r.Kind, []int64{found.ID})
}

// unclaimed returns the first of the ids that nobody has claimed, 0 for none.
func (w *writer) unclaimed(ctx context.Context, kind adapters.Kind, ids []int64) (int64, error) {
	for _, id := range ids {
		if claimed, err := w.isClaimed(ctx, kind, id); !claimed || err != nil {
			return id, err
		}
	}
	return 0, nil
}

// search looks through all objects for one that is like the record and that
// nobody has claimed: names of channels, and of QR codes, are not unique.
func (w *writer) search(ctx context.Context, r *adapters.Record) (int64, error) {
	for number := 0; ; {
		var page *Page
		err := w.ask(ctx, func(ctx context.Context) (err error) {
			page, err = w.place.List(ctx, r.Kind, number)
			return err
		})
		if err != nil {
			return 0, err
		}
		for i := range page.Records {
			found := &page.Records[i]
			same, err := w.isSame(ctx, r, found)
			if err != nil {
				return 0, err
			}
			if !same {
				continue
			}
			if id, err := w.unclaimed(ctx, r.Kind, []int64{found.ID}); id != 0 || err != nil {
				return id, err
			}
		}
		if number = page.Next; number == 0 {
			return 0, nil
		}
	}
}

func (w *writer) isClaimed(ctx context.Context, kind adapters.Kind, id int64) (bool, error) {
	if w.given[reference{kind, id}] {
		return true, nil
	}
	if w.claimed == nil {
		return false, nil
	}
	return w.claimed(ctx, kind, id)
}

// isSame reports whether an object from a list may be the record. A QR code has
// no key, so that nothing less than all of it tells.
func (w *writer) isSame(ctx context.Context, r, found *adapters.Record) (bool, error) {
	if r.Kind != adapters.KindQR {
		return naturalKey(r) == naturalKey(found), nil
	}
	if gjson.GetBytes(r.Document, "name").Str != gjson.GetBytes(found.Document, "name").Str {
		return false, nil
	}
	err := w.ask(ctx, func(ctx context.Context) (err error) {
		found, err = w.place.Get(ctx, r.Kind, found.ID)
		return err
	})
	switch {
	case isCode(err, api.NotFound):
		return false, nil
	case err != nil:
		return false, err
	}
	different := Differences(r, found)
	return len(without(different, fieldChannel)) == 0, nil
}

func isCode(err error, code api.Code) bool { return err != nil && api.AsError(err).Code == code }
