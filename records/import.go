package records

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// ImportOptions say how to import.
type ImportOptions struct {
	// Account owns everything in the file, whatever that says; empty leaves each
	// record to the account that it names, api.MainAccount where it names none.
	// Account records of a file are passed over then.
	Account string

	// OnConflict is Fail where it is empty.
	OnConflict Conflict

	// DryRun writes nothing.
	DryRun bool

	// Files takes the contents of uploads and logos. Required.
	Files Folder

	// Checker says what is wrong with records as such; *shortener.Shortener is
	// one. Required.
	Checker Checker

	// Failed is told of each record that failed; nil for nobody.
	Failed func(line int, r Record, err error)

	// Notice is told of what was changed in a record on its way; nil for nobody.
	Notice func(line int, r Record, text string)

	// Progress is told how many records were read, now and then; nil for nobody.
	Progress func(n int64)
}

// batchSize is how many records are written in one transaction, for which others
// wait, and batchBytes how many bytes of the file they may have with what their
// files hold.
const (
	batchSize  = 500
	batchBytes = 8 << 20
)

// Import brings the records of a file into the target. It may be repeated, also
// where it was interrupted: what is there already is left as it is. An error says
// that it did not come to the end of the file.
func Import(ctx context.Context, t Target, r Reader, o ImportOptions) (*Summary, error) {
	if o.OnConflict == "" {
		o.OnConflict = Fail
	}
	im := &importer{target: t, o: o, ids: map[Kind]*idMap{}, claimed: map[Kind]map[int64]bool{}}
	defer im.contents.drop(o.Files)
	var err error
	if im.lastIDs, err = t.LastIDs(ctx); err == nil {
		err = im.run(ctx, r)
	}
	if err != nil {
		err = fmt.Errorf("importing: %w", err)
	}
	return &im.summary, err
}

type importer struct {
	target Target
	o      ImportOptions

	// header is nil for a file that was written by hand.
	header *Header
	ended  bool

	lastIDs  map[Kind]int64
	ids      map[Kind]*idMap
	claimed  map[Kind]map[int64]bool
	contents contents

	batch   []pending
	begun   int64 // offset of the batch in the file
	summary Summary

	// stored are the stored files that links have; nil before the first is asked
	// for.
	stored map[string]bool

	// aliasKey makes aliases up; nil before the first one.
	aliasKey []byte
}

// pending is a record that waits to be written.
type pending struct {
	line int
	r    Record

	// id and link are those of the file.
	id, link int64

	// stored is the file that was put for it, empty for none.
	stored string
}

func (im *importer) run(ctx context.Context, r Reader) error {
	for {
		record, line, err := r.Next()
		switch bad, ok := errors.AsType[*RowError](err); {
		case errors.Is(err, io.EOF):
			if err := im.flush(ctx); err != nil {
				return err
			}
			return im.checkEnd()
		case ok:
			im.fail(line, nil, bad)
			continue
		case err != nil:
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := im.take(ctx, line, record); err != nil {
			return err
		}
		if r.Offset()-im.begun >= batchBytes {
			if err := im.flush(ctx); err != nil {
				return err
			}
		}
		if len(im.batch) == 0 {
			im.begun = r.Offset()
		}
	}
}

var (
	errCutOff = errors.New("the file ends before its last record: it was cut off")
	errNewer  = errors.New("the file was made by a newer Linkquay")
)

func (im *importer) checkEnd() error {
	if im.header != nil && !im.ended {
		return errCutOff
	}
	return nil
}

// take takes a record in. An error ends the import.
func (im *importer) take(ctx context.Context, line int, r Record) error {
	im.summary.Records++
	if im.o.Progress != nil && im.summary.Records%progressEvery == 0 {
		im.o.Progress(im.summary.Records)
	}
	switch r := r.(type) {
	case *Header:
		if r.Version > Version {
			return errNewer
		}
		if r.Version < 1 {
			return errHeader
		}
		if im.summary.Records > 1 {
			return fmt.Errorf("line %d: a second file begins here", line)
		}
		im.header = r
		im.summary.Records--
		return nil
	case *End:
		im.ended = true
		im.summary.Records--
		if im.header != nil && r.Records != im.summary.Records {
			im.notice(line, r, fmt.Sprintf("the file has %d records; it was made with %d", im.summary.Records, r.Records))
		}
		return nil
	case *Content:
		if err := im.contents.add(ctx, im.o, r); err != nil {
			im.fail(line, r, err)
		}
		return ctx.Err()
	}
	if im.ended {
		return fmt.Errorf("line %d: there are records behind the last one", line)
	}
	if len(im.batch) > 0 && (len(im.batch) >= batchSize || group(im.batch[0].r) != group(r)) {
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	p := pending{line: line, r: r}
	state, err := im.prepare(ctx, &p)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		im.leaveOut(&p)
		im.fail(line, r, err)
	case state == Skipped:
		im.leaveOut(&p)
		im.summary.count(r.Kind(), Skipped)
	default:
		im.batch = append(im.batch, p)
	}
	return nil
}
