package migrate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
)

// away is a backend that may not answer.
type away struct {
	adapters.Backend
	is bool
}

func (a *away) Do(ctx context.Context, call *api.Call) (*api.Reply, error) {
	if a.is {
		return nil, api.Errorf(api.Unavailable, "The backend does not answer.")
	}
	return a.Backend.Do(ctx, call)
}

// wroteAtTarget makes a link at the target of a move that is done, and notes it.
func wroteAtTarget(t *testing.T, m *migrate.Mover, alias string) *migrate.Entry {
	t.Helper()
	do(t, m.Target, api.CreateLink, api.Path{}, `{"url":"https://example.com/%s","custom":"%s"}`, alias, alias)
	found, err := m.Target.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"` + alias + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	e := &migrate.Entry{Move: m.Move.ID, AtTarget: true, Kind: adapters.KindLink, Object: found.ID}
	if err := m.Store.NoteEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	e.Ready = true
	if err := m.Store.FinishEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestRollBack_SourceAway: without the source the rollback fails and the phase
// stays; by force it goes back, tells what was left, and brings that when told to.
func TestRollBack_SourceAway(t *testing.T) {
	_, m := newMove(t)
	if _, err := m.Copy(t.Context(), migrate.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, to := range []migrate.Phase{migrate.DualWrite, migrate.Cutover, migrate.Done} {
		if err := m.Store.SetPhase(t.Context(), m.Move.ID, m.Move.Phase, to); err != nil {
			t.Fatal(err)
		}
		m.Move.Phase = to
	}
	wroteAtTarget(t, m, "made-one")
	wroteAtTarget(t, m, "made-two")
	source := &away{Backend: m.Source.Backend, is: true}
	m.Source.Backend = source
	m.Patience = 500 * time.Millisecond
	began := time.Now()
	m.Now = func() time.Time { return began.Add(300 * time.Since(began)) }
	err := migrate.RollBack(t.Context(), m, migrate.RollBackOptions{})
	if err == nil || api.AsError(err).Code != api.Unavailable || m.Move.Phase != migrate.Done {
		t.Fatalf("a rollback without the source: %v, phase %s", err, m.Move.Phase)
	}
	m.Now = nil
	if err := migrate.RollBack(t.Context(), m, migrate.RollBackOptions{Force: true}); err != nil || m.Move.Phase != migrate.RolledBack {
		t.Fatalf("a forced rollback: %v, phase %s", err, m.Move.Phase)
	}
	status, err := migrate.StatusOf(t.Context(), m.Store, m.Move)
	if err != nil || status.Waiting != 0 || status.GivenUp != 2 || len(status.Refused) != 2 || status.Refused[0].Reason == "" {
		t.Errorf("the status is %+v, %v", status, err)
	}

	source.is = false
	if n, err := migrate.Retry(t.Context(), m); n != 2 || err != nil {
		t.Errorf("Retry() = %d, %v; want 2", n, err)
	}
	if err := migrate.RollBack(t.Context(), m, migrate.RollBackOptions{}); err != nil {
		t.Error(err)
	}
	for _, alias := range []string{"made-one", "made-two"} {
		if _, err := m.Source.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"` + alias + `"}`)}); err != nil {
			t.Errorf("%s at the source: %v", alias, err)
		}
	}
	if waiting, givenUp, err := m.Store.CountEntries(t.Context(), m.Move.ID); waiting+givenUp != 0 || err != nil {
		t.Errorf("%d entries wait, %d are given up, %v", waiting, givenUp, err)
	}
}

// TestRetry_direction: after the cutover what the source had is not carried over
// what the target has by now, unless it has nothing of it.
func TestRetry_direction(t *testing.T) {
	_, m := newMove(t)
	saveErr := m.Store.SaveRows(t.Context(), []migrate.Row{
		{Move: m.Move.ID, Kind: adapters.KindLink, SourceID: 7001, TargetID: 7002, Status: migrate.Copied},
		{Move: m.Move.ID, Kind: adapters.KindLink, SourceID: 7003, Status: migrate.Failed},
	})
	if saveErr != nil {
		t.Fatal(saveErr)
	}
	for _, e := range []migrate.Entry{{Object: 7001}, {Object: 7003}, {Object: 7002, AtTarget: true}} {
		e.Move, e.Kind, e.Ready = m.Move.ID, adapters.KindLink, true
		err := m.Store.NoteEntry(t.Context(), &e)
		e.Attempts, e.Error, e.GivenUp = 5, "refused", true
		if err = errors.Join(err, m.Store.FailEntry(t.Context(), &e)); err != nil {
			t.Fatal(err)
		}
	}
	m.Move.Phase = migrate.Cutover
	if n, err := migrate.Retry(t.Context(), m); n != 2 || err != nil {
		t.Errorf("Retry() = %d, %v; want 2", n, err)
	}
	left, err := m.Store.GivenUpEntries(t.Context(), m.Move.ID, 0, 10)
	if err != nil || len(left) != 1 || left[0].Object != 7001 {
		t.Errorf("given up are %+v, %v", left, err)
	}
}
