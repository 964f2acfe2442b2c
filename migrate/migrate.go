// Package migrate moves links and what belongs to them from one backend to
// another: it plans, copies, keeps two backends alike while clients go on
// writing, hands over, and takes back.
//
// The words:
//
//   - A [Move] is one migration from a source to a target. It is kept in the
//     database with its [Phase], so that commands and servers share it.
//   - A [Row] is one object of a move: which object of the target is which of
//     the source, and what came of moving it. All rows are the id map.
//   - An [Entry] is a write that a client made on the side that answers (the
//     primary) and that the other side does not have yet. Entries are applied in
//     their order.
//   - A [Place] is a backend as a move reads and writes it.
package migrate

import (
	"context"
	"slices"
	"time"

	"github.com/linkquay/linkquay/adapters"
)

// Phase is how far a move is.
type Phase string

// The phases. A move begins with Copying; from each of the others it can be
// rolled back, and then be copied again.
const (
	// Copying: the source answers; what clients write is noted as entries, which
	// nobody applies yet.
	Copying Phase = "copying"

	// DualWrite: the source answers; entries are applied to the target.
	DualWrite Phase = "dual_write"

	// Cutover: the target answers; entries are applied to the source, so that
	// going back costs nothing.
	Cutover Phase = "cutover"

	// Done: the target answers, and the source is left alone. Entries are kept,
	// for a rollback.
	Done Phase = "done"

	// RolledBack: the source answers. Ids that clients were given by the target
	// go on being understood.
	RolledBack Phase = "rolled_back"
)

// AtTarget reports whether the target answers clients.
func (p Phase) AtTarget() bool { return p == Cutover || p == Done }

// Notes reports whether writes are noted as entries.
func (p Phase) Notes() bool { return p != RolledBack }

// Applies reports whether servers apply entries.
func (p Phase) Applies() bool { return p == DualWrite || p == Cutover }

// steps are the phases that each one can be followed by.
var steps = map[Phase][]Phase{
	Copying:    {DualWrite, RolledBack},
	DualWrite:  {Cutover, RolledBack},
	Cutover:    {Done, RolledBack},
	Done:       {RolledBack},
	RolledBack: {Copying},
}

// CanBecome reports whether one phase may follow another.
func (p Phase) CanBecome(next Phase) bool { return slices.Contains(steps[p], next) }

// Move is one migration. There is one for each source, target and pair of
// accounts.
type Move struct {
	// ID is set by the store.
	ID int64

	// Source and Target are the names of backends, or of databases as the command
	// names them (without a password).
	Source string
	Target string

	// SourceAccount owns the objects at the source, and its keys see the move;
	// TargetAccount owns them at the target.
	SourceAccount string
	TargetAccount string

	// Domain is the host that links of the source's main domain get at the
	// target; empty for its main domain.
	Domain string

	Phase Phase

	// Listed is when all that the source has was last written down as rows; zero
	// before that.
	Listed time.Time

	// Cursors is where the copy of an Exporter's kind goes on.
	Cursors map[adapters.Kind]int64

	// Created is when the move began, Changed when its phase last changed.
	Created time.Time
	Changed time.Time
}

// Status is what has become of a row.
type Status string

// The statuses.
const (
	// Listed: the source has it, and nobody has copied it yet.
	Listed Status = "listed"
	// Copied: the target has it.
	Copied Status = "copied"
	// Failed: the target, or the source, did not do its part; Row.Error says why.
	Failed Status = "failed"
	// Deleted: it was copied and is gone since.
	Deleted Status = "deleted"
	// Skipped: it cannot be moved, and trying again would not help.
	Skipped Status = "skipped"
)

// Row is one object of a move.
type Row struct {
	// ID is set by the store; it counts up in the order in which rows were added.
	ID int64

	Move int64
	Kind adapters.Kind

	// SourceID and TargetID are unique in the move and kind. SourceID is 0 for
	// what was made at the target and is not at the source yet, and below 0 for
	// links that the source has no id for; TargetID is 0 until it is copied.
	SourceID int64
	TargetID int64

	// AtTarget says that the object was made at the target: clients know it by
	// its id there, also after it has got a SourceID.
	AtTarget bool

	// ShortURL is that at the source, empty for kinds without.
	ShortURL string

	Status Status

	// Error is why the row failed or was skipped, for people. It holds no secret.
	Error string

	// Attempts is how often it failed in a row.
	Attempts int

	// Different names the fields in which source and target differed when the
	// row was last written and read back; nil where they were alike, or where
	// nobody has compared them (Compared is zero).
	Different []string
	Compared  time.Time

	// Listing is a hash of what the source's list says of the object, by which a
	// later list tells what has changed; nil where there was none.
	Listing []byte
}

// Entry is a write that a client made.
type Entry struct {
	// ID is the order.
	ID   int64
	Move int64

	// AtTarget says that the target was the primary.
	AtTarget bool

	Kind adapters.Kind

	// Object is the object's id at the primary; 0 for a create whose outcome is
	// not known.
	Object int64

	// Document holds what the client's request said, by the contract's names and
	// without its password, in the primary's ids: the primary may not be able to
	// tell it. Nil where it said nothing.
	Document []byte

	// PasswordHash is the hash of a password in the request.
	PasswordHash string

	// Begun is when the write began. Ready says that it has ended; one that has
	// not within a minute never will, and counts as ready.
	Begun time.Time
	Ready bool

	// Attempts is how often applying it failed, Error why the last time. Given up
	// entries stay, for people to see.
	Attempts int
	Error    string
	GivenUp  bool
}

// Filter chooses rows.
type Filter struct {
	Move int64

	// Kind and Status match exactly; empty matches all.
	Kind   adapters.Kind
	Status Status

	// Different chooses those that were compared and differ.
	Different bool

	// After is the ID that rows come behind; Limit is how many, in order of ID; 0
	// means 1000.
	After int64
	Limit int

	// BySource has the rows of one Kind in order of SourceID, without those that
	// have none; After is a SourceID then, math.MinInt64 for the first page.
	BySource bool
}

// Count is how many rows of a move there are of a kind and status.
type Count struct {
	Kind   adapters.Kind
	Status Status

	// Rows are all, Same those that were compared and found alike, Different
	// those found different.
	Rows      int
	Same      int
	Different int
}

// Store keeps moves. Its errors are *api.Error: NotFound for a move, row or entry
// that is not there, Conflict, Invalid, Unavailable. A write that returned nil is
// durable, and one that returned an error changed nothing. Text is kept without
// what is not UTF-8, and without NUL. It is safe for concurrent use, also by
// several processes.
type Store interface {
	// OpenMove returns the move with these sides and accounts as it is, or adds it
	// with Domain and in the phase Copying where there is none.
	OpenMove(ctx context.Context, m Move) (*Move, error)

	// Moves returns all moves, oldest first. MovesRevision returns a number that
	// changes whenever a move is added, or one changes its phase or its domain.
	Moves(ctx context.Context) ([]Move, error)
	MovesRevision(ctx context.Context) (int64, error)

	// SetPhase changes the phase of a move that is in the phase from. It is a
	// Conflict where it is in another, which the message names, or where to may not
	// follow.
	SetPhase(ctx context.Context, move int64, from, to Phase) error

	// SaveProgress keeps Listed, Cursors and Domain of a move.
	SaveProgress(ctx context.Context, m *Move) error

	// AddRows adds those rows whose SourceID, which all must have, is not known;
	// without a Status they are Listed. Of the others it updates ShortURL and
	// Listing where these are given. Where Listing has changed, a Copied or Skipped
	// row becomes Listed, without its Error and Attempts, and so does a Deleted one
	// that is listed again. It returns how many were added, and of how many the
	// Listing or Deleted has changed. Of rows with the same SourceID the last counts.
	AddRows(ctx context.Context, rows []Row) (added, changed int, err error)

	// SaveRows writes rows back by ID. Those without one are added, and get one;
	// where one has the SourceID already, or the TargetID of a row without
	// SourceID, it replaces that one. It is a Conflict where an id is another row's.
	SaveRows(ctx context.Context, rows []Row) error

	// Rows returns the rows that match.
	Rows(ctx context.Context, f Filter) ([]Row, error)

	// RowsBySource and RowsByTarget return the rows of a kind with the ids, in no
	// order, without those that there are none of.
	RowsBySource(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]Row, error)
	RowsByTarget(ctx context.Context, move int64, kind adapters.Kind, ids []int64) ([]Row, error)

	// CountRows counts the rows of a move, in no order, without counts of 0.
	CountRows(ctx context.Context, move int64) ([]Count, error)

	// NoteEntry adds an entry and sets its ID and Begun. DropEntry removes it, or
	// does nothing where it is gone, or has become Ready since it was read.
	//
	// FinishEntry writes Object, Document, PasswordHash and Ready. One that is Ready
	// absorbs the others of its Object (of its Move, AtTarget and Kind, as given)
	// that are ready, given up, or older and abandoned, and these are gone: so there
	// are as many entries as objects, however long nobody applies them.
	NoteEntry(ctx context.Context, e *Entry) error
	FinishEntry(ctx context.Context, e *Entry) error
	DropEntry(ctx context.Context, e *Entry) error

	// Entries returns up to limit entries of a move that are not given up, ready or
	// not, oldest first, from any that come after the ID. One that another process
	// notes at the same time may appear later with a lower ID: each round begins
	// with 0.
	Entries(ctx context.Context, move, after int64, limit int) ([]Entry, error)

	// HasEntry reports whether an object has an entry of the side that is not given
	// up.
	HasEntry(ctx context.Context, move int64, atTarget bool, kind adapters.Kind, object int64) (bool, error)

	// GivenUpEntries is Entries of those that are given up.
	GivenUpEntries(ctx context.Context, move, after int64, limit int) ([]Entry, error)

	// FailEntry keeps Attempts, Error and GivenUp.
	FailEntry(ctx context.Context, e *Entry) error

	// CountEntries counts those that wait and those that were given up.
	CountEntries(ctx context.Context, move int64) (waiting, givenUp int, err error)

	// Lease makes the holder the one who applies the move's entries for a time, an
	// hour at most, and reports whether it is. The holder renews it; a length of 0
	// gives it up.
	Lease(ctx context.Context, move int64, holder string, length time.Duration) (bool, error)
}
