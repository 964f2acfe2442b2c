package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

const (
	// maxOvertaken bounds how often an object is carried again because another
	// process has carried it meanwhile, and perhaps an older state over a newer.
	maxOvertaken = 3

	// maxReason bounds the text of a row's error, in bytes.
	maxReason = 500
)

// Carry makes the other side's object like the primary's as it is now, and
// returns its row as it was saved. The id is that at the primary, which is the
// source where toTarget is set and else the target. What the object refers to
// is carried first where that has not been done. An object that the primary
// does not have any more is deleted at the other side; one that the other side
// never had has no row then, and the one returned has no ID.
//
// The entry tells what the primary itself may not be able to tell: what a
// client's request said of the object. Nil means that there was none. Its
// Document may hold a password, which reaches the other side where that knows
// no hashes, and is kept nowhere.
//
// What the other side will not take is a row with the status Failed, or Skipped
// where trying again would not help, and no error. An error says that nothing
// is known of the outcome and that the same call may succeed later: Unavailable,
// RateLimited and Unauthorized of the sides, and the store's.
func (m *Mover) Carry(ctx context.Context, kind adapters.Kind, id int64, toTarget bool, e *Entry) (*Row, error) {
	c := &carrier{Mover: m}
	return c.carry(ctx, task{kind, id, toTarget}, e)
}

// carrier carries objects for one purpose.
type carrier struct {
	*Mover

	// listed says that the lists of the primary were read a moment ago, and may be
	// gone by.
	listed bool

	// known are references that were looked up before; nil keeps none.
	known *known
}

// carry is Carry.
func (c *carrier) carry(ctx context.Context, t task, e *Entry) (*Row, error) {
	end, err := c.busy.begin(ctx, t)
	if err != nil {
		return nil, err
	}
	defer end()
	if t.kind != adapters.KindLink {
		// Two of the same name must not both be taken for the one that is there.
		next, err := c.busy.begin(ctx, task{kind: t.kind, toTarget: t.toTarget})
		if err != nil {
			return nil, err
		}
		defer next()
	}
	var made int64 // at the other side, which no row says yet
	for n := 1; ; n++ {
		row, err := c.row(ctx, t)
		if err != nil {
			return nil, err
		}
		before := *row
		if id := row.other(t.toTarget); *id == 0 {
			*id = made
		}
		if n > 1 || c.elsewhere(row) {
			from, _ := c.sides(t.toTarget)
			from.forget(t.kind, t.id)
		}
		if err := c.once(ctx, t, e, row); err != nil {
			return nil, err
		}
		if row.ID == 0 && row.Status == Deleted {
			return row, nil
		}
		now, err := c.row(ctx, t)
		if err != nil {
			return nil, err
		}
		if n < maxOvertaken && overtaken(&before, now) {
			made = *row.other(t.toTarget)
			continue
		}
		row.ID = now.ID
		if next := now.Compared.Add(time.Millisecond); !row.Compared.IsZero() && row.Compared.Before(next) {
			row.Compared = next // others tell by it that they were overtaken
		}
		if now.Listing != nil {
			row.Listing = now.Listing
		}
		rows := []Row{*row}
		err = c.Store.SaveRows(ctx, rows)
		if n < maxOvertaken && isCode(err, api.Conflict) {
			// Another process has just saved that its row's object is the one that was
			// taken for this one.
			made = 0
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("saving a row: %w", err)
		}
		c.own.note(&rows[0])
		return &rows[0], nil
	}
}

// overtaken reports whether somebody else has written the row since it was read.
func overtaken(before, now *Row) bool {
	return !before.Compared.Equal(now.Compared) || before.SourceID != now.SourceID || before.TargetID != now.TargetID
}

// row returns the row of an object, a new one where there is none.
func (m *Mover) row(ctx context.Context, t task) (*Row, error) {
	read := m.Store.RowsByTarget
	if t.toTarget {
		read = m.Store.RowsBySource
	}
	rows, err := read(ctx, m.Move.ID, t.kind, []int64{t.id})
	if err != nil {
		return nil, fmt.Errorf("reading a row: %w", err)
	}
	if len(rows) > 0 {
		return &rows[0], nil
	}
	return m.newRow(t), nil
}

func (m *Mover) newRow(t task) *Row {
	r := &Row{Move: m.Move.ID, Kind: t.kind, Status: Listed}
	if t.toTarget {
		r.SourceID = t.id
	} else {
		r.TargetID, r.AtTarget = t.id, true
	}
	return r
}

// other is the id of the row's object at the side that it is carried to.
func (r *Row) other(toTarget bool) *int64 {
	if toTarget {
		return &r.TargetID
	}
	return &r.SourceID
}

// once carries an object one time, and writes what came of it into the row.
func (c *carrier) once(ctx context.Context, t task, e *Entry, row *Row) error {
	r, err := c.read(ctx, t, e)
	switch {
	case isCode(err, api.NotFound):
		return c.gone(ctx, t, row, err)
	case isLasting(ctx, err):
		c.refused(row, "It could not be read: ", err)
		return nil
	case err != nil:
		return fmt.Errorf("reading an object: %w", err)
	}
	from, to := c.sides(t.toTarget)
	if t.toTarget {
		row.ShortURL = r.ShortURL
	}
	if err := overlay(r, e, from.zone()); err != nil {
		return err
	}
	id := row.other(t.toTarget)
	if name := hidden(r); name != "" && *id == 0 {
		c.refused(row, "", api.Errorf(api.Unsupported, "The backend %q does not tell the field %q of it.", from.Name, name))
		return nil
	}
	lost, err := c.translate(ctx, r, t.toTarget)
	if err != nil {
		return err
	}
	again := *id == 0 && (row.Attempts > 0 || row.Error != "")
	if *id == 0 {
		if *id, err = c.earlier(ctx, t, row); err != nil {
			return fmt.Errorf("looking for what was made before: %w", err)
		}
	}
	w := c.writer(t, row)
	w.doubtful = again
	var unnoted error
	if *id == 0 && (e != nil || t.kind == adapters.KindQR) {
		// Those who carry what clients write take turns. A copy does not, and would
		// write over what came of another's work.
		w.begin = func(ctx context.Context, r *adapters.Record) error {
			unnoted = c.begin(ctx, row, r)
			return unnoted
		}
	}
	r.ID = max(*id, 0)
	res := w.put(ctx, []adapters.Record{*r})[0]
	if unnoted != nil {
		return unnoted
	}
	if r.ID != 0 && isCode(res.Err, api.NotFound) {
		// It has been deleted there behind our back.
		r.ID = 0
		res = w.put(ctx, []adapters.Record{*r})[0]
	}
	if res.Err == nil && res.Existing && res.ID != *id {
		claimed, err := w.claimed(ctx, t.kind, res.ID)
		if err != nil {
			return err
		}
		if claimed {
			res.Err = api.Errorf(api.Conflict, "The backend %q has another object there.", to.Name)
		}
	}
	switch {
	case res.Err == nil:
	case isLasting(ctx, res.Err):
		c.refused(row, "", res.Err)
		if hasExpired(r, c.now()) && isAbout(res.Err, "expiry") {
			row.Status = Skipped
		}
		return nil
	default:
		return fmt.Errorf("writing an object: %w", res.Err)
	}
	*id = res.ID
	if !t.toTarget && row.ShortURL == "" && res.Stored != nil {
		row.ShortURL = res.Stored.ShortURL
	}
	c.succeeded(row, r, &res, lost)
	return nil
}

// hidden returns a field without which nothing can be made, and that the primary
// cannot tell; empty where there is none.
func hidden(r *adapters.Record) string {
	for _, name := range writes[r.Kind].vital {
		if untold(r, name) {
			return name
		}
	}
	return ""
}

// read reads an object at the primary.
func (c *carrier) read(ctx context.Context, t task, e *Entry) (r *adapters.Record, err error) {
	from, _ := c.sides(t.toTarget)
	switch {
	case c.listed:
	case e != nil && e.Document != nil && !gjson.GetBytes(e.Document, fieldChannel).Exists():
		// What all channels hold, which some sites take many calls to tell, has not
		// changed by this.
		from.forgetGroups(t.kind, t.id)
	default:
		from.forget(t.kind, t.id)
	}
	err = c.patient(!t.toTarget)(ctx, func(ctx context.Context) (err error) {
		r, err = from.Get(ctx, t.kind, t.id)
		return err
	})
	return r, err
}

// translate makes the record one of the other side, without its id there. Lost
// are the fields whose references have nothing there.
func (c *carrier) translate(ctx context.Context, r *adapters.Record, toTarget bool) (lost []string, err error) {
	ids, err := c.resolve(ctx, referencesOf(r), toTarget)
	if err != nil {
		return nil, err
	}
	if lost, err = refer(r, ids); err != nil {
		return nil, err
	}
	if err := c.settle(r, toTarget); err != nil {
		return nil, err
	}
	if !toTarget {
		// Its visits at the target are not the source's: the next copy would bring
		// them back to the target, where they are counted already.
		r.Clicks, r.UniqueClicks = 0, 0
		r.Untold = append(r.Untold, "clicks")
	}
	return lost, nil
}

// writer returns what writes an object of the row to the other side.
func (c *carrier) writer(t task, row *Row) *writer {
	_, to := c.sides(t.toTarget)
	return &writer{
		place: to,
		ask:   c.patient(t.toTarget),
		trust: &c.side(t.toTarget).trust,
		claimed: func(ctx context.Context, kind adapters.Kind, id int64) (bool, error) {
			read := c.Store.RowsBySource
			if t.toTarget {
				read = c.Store.RowsByTarget
			}
			rows, err := read(ctx, c.Move.ID, kind, []int64{id})
			if err != nil {
				return false, fmt.Errorf("reading a row: %w", err)
			}
			return len(rows) > 0 && rows[0].ID != row.ID, nil
		},
	}
}

// refused writes into a row why its object was not carried.
func (c *carrier) refused(row *Row, doing string, err error) {
	coded := api.AsError(err)
	row.Status, row.Attempts = Failed, row.Attempts+1
	if coded.Code == api.Unsupported {
		row.Status = Skipped
	}
	row.Error = doing + coded.Message
	if len(row.Error) > maxReason {
		row.Error = strings.ToValidUTF8(row.Error[:maxReason], "")
	}
	row.Different, row.Compared = nil, time.Time{}
}

// succeeded writes into a row that its object was carried, and whether that is
// there what it was.
func (c *carrier) succeeded(row *Row, want *adapters.Record, res *Result, lost []string) {
	row.Status, row.Error, row.Attempts = Copied, "", 0
	row.Compared = c.now()
	before := row.Different
	row.Different = slices.Concat(lost, res.Lost)
	if slices.Contains(before, fieldPassword) && isProtected(want) && want.PasswordHash == "" {
		// The password there is one that nobody knows, and still not the right one.
		row.Different = append(row.Different, fieldPassword)
	}
	if res.Stored != nil {
		row.Different = append(row.Different, Differences(want, res.Stored)...)
	}
	slices.Sort(row.Different)
	row.Different = slices.Compact(row.Different)
	if len(row.Different) == 0 {
		row.Different = nil
	}
}

// isLasting reports whether an error is an answer about the object, and no sign
// of anything that passes.
func isLasting(ctx context.Context, err error) bool {
	_, coded := errors.AsType[*api.Error](err)
	return err != nil && ctx.Err() == nil && coded && !isPassing(err)
}

// isAbout reports whether an error names the field.
func isAbout(err error, field string) bool {
	return slices.ContainsFunc(api.AsError(err).Fields, func(f api.FieldError) bool { return f.Field == field })
}
