package records

import (
	"context"
	"fmt"

	"github.com/linkquay/linkquay/api"
)

// Target takes records.
type Target interface {
	// WriteRecords writes records of one group, in one transaction, each on its
	// own: what is wrong with one is in its outcome and no reason to refuse
	// others. An error says that none was written. Ids that records refer to are
	// those of the target. A link that is Protected and has no PasswordHash keeps
	// that of the link in its place.
	WriteRecords(ctx context.Context, rs []Record, p Policy) ([]Outcome, error)

	// LastIDs returns the last ids that were given out, by the kind of the records
	// that have them.
	LastIDs(ctx context.Context) (map[Kind]int64, error)

	// StoredFiles returns the names of the stored files that links have.
	StoredFiles(ctx context.Context) (map[string]bool, error)

	// Secret returns a random value of the target.
	Secret(ctx context.Context, name string) ([]byte, error)
}

// Policy says how records are written.
type Policy struct {
	OnConflict Conflict

	// KeepIDs keeps ids that nobody was given: those above LastIDs, which are as
	// they were when the import began. Else all get new ones.
	KeepIDs bool
	LastIDs map[Kind]int64

	// DryRun finds out what would become of the records, and writes nothing.
	DryRun bool

	// Claimed reports whether an object is that of another record of the file
	// already: two campaigns may be alike.
	Claimed func(kind Kind, id int64) bool
}

// Conflict is what becomes of a record whose place is taken by an object of the
// same account that differs from it.
type Conflict string

// The conflicts.
const (
	// Fail tells of the record as one that failed, and goes on with the next.
	Fail Conflict = "fail"
	// Skip leaves the object as it is.
	Skip Conflict = "skip"
	// Replace makes the object what the record is.
	Replace Conflict = "replace"
)

// ParseConflict returns the conflict with the name.
func ParseConflict(name string) (Conflict, error) {
	switch c := Conflict(name); c {
	case Fail, Skip, Replace:
		return c, nil
	}
	return "", fmt.Errorf("there is no way %q to deal with conflicts: use %s, %s or %s", name, Fail, Skip, Replace)
}

// State is what became of a record.
type State int

// The states.
const (
	// Failed: nothing was written; Outcome.Err says why.
	Failed State = iota
	// Added: it was not there.
	Added
	// Same: it was there already.
	Same
	// Replaced: another object was in its place, and is now what it says.
	Replaced
	// Skipped: another object was in its place, and stays there; or it belongs to
	// what was left out.
	Skipped

	states = int(Skipped) + 1
)

var stateNames = [states]string{"failed", "added", "unchanged", "replaced", "skipped"}

// String returns the name of the state.
func (s State) String() string { return stateNames[s] }

// Outcome is what became of one record.
type Outcome struct {
	State State

	// ID is that of the object, and Link that of its link where it has one apart;
	// 0 where there is none.
	ID   int64
	Link int64

	// SwitchedOff says that a link has a password whose hash is neither in the
	// file nor here, and is switched off rather than open to everybody.
	SwitchedOff bool

	// Err is why it failed.
	Err *api.Error
}

// group returns what is written together: kinds whose records do not refer to
// each other.
func group(r Record) Kind {
	if _, ok := r.(*Link); ok {
		return KindLink
	}
	return r.Kind()
}
