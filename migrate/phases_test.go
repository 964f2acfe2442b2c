package migrate_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/migratetest"
	gempixelsite "github.com/linkquay/linkquay/simulate/gempixel"
)

// newMove opens the move of a stand from kr to the native backend.
func newMove(t *testing.T) (*stand, *migrate.Mover) {
	t.Helper()
	s := newStand(t)
	source, _, _ := s.gempixel(t, gempixelsite.Options{})
	store := &migratetest.Memory{}
	move, err := store.OpenMove(t.Context(), migrate.Move{Source: "kr", SourceAccount: "main", Target: "native", TargetAccount: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return s, &migrate.Mover{Store: store, Move: move, Source: source, Target: s.place()}
}

func isConflict(err error) bool { return err != nil && api.AsError(err).Code == api.Conflict }

// TestPhases: each phase has what it needs, and goes on where it may.
func TestPhases(t *testing.T) {
	_, m := newMove(t)
	do(t, m.Source, api.CreateLink, api.Path{}, `{"url":"https://example.com/one","custom":"one"}`)
	if err := migrate.BeginDualWrite(t.Context(), m); !isConflict(err) {
		t.Errorf("dual write before a copy: %v", err)
	}
	if _, err := m.Copy(t.Context(), migrate.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.CutOver(t.Context(), m, migrate.CutOverOptions{}); !isConflict(err) {
		t.Errorf("cutover before dual write: %v", err)
	}
	// The same links on their way to somewhere else stand in the way.
	other, err := m.Store.OpenMove(t.Context(), migrate.Move{Source: "kr", SourceAccount: "main", Target: "dg", TargetAccount: "main"})
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.BeginDualWrite(t.Context(), m); !isConflict(err) || !strings.Contains(err.Error(), `"dg"`) {
		t.Errorf("dual write beside another move: %v", err)
	}
	if err := m.Store.SetPhase(t.Context(), other.ID, migrate.Copying, migrate.RolledBack); err != nil {
		t.Fatal(err)
	}
	if err := migrate.BeginDualWrite(t.Context(), m); err != nil {
		t.Fatal(err)
	}

	// What came since is copied before the target answers, what was written there
	// reaches it, and what is in its way keeps it from answering.
	do(t, m.Source, api.CreateLink, api.Path{}, `{"url":"https://example.com/two","custom":"two"}`)
	do(t, m.Target, api.CreateLink, api.Path{}, `{"url":"https://example.com/elsewhere","custom":"three"}`)
	do(t, m.Source, api.CreateLink, api.Path{}, `{"url":"https://example.com/three","custom":"three"}`)
	parity, err := migrate.CutOver(t.Context(), m, migrate.CutOverOptions{MinParity: migrate.DefaultMinParity})
	if !isConflict(err) || parity == nil || parity.Links != 3 || parity.Alike != 2 || parity.Missing != 1 || m.Move.Phase != migrate.DualWrite {
		t.Fatalf("cutover: %v, %+v, phase %s; want a conflict, 2 of 3 alike", err, parity, m.Move.Phase)
	}
	var steps []string
	parity, err = migrate.CutOver(t.Context(), m, migrate.CutOverOptions{MinParity: 60, Deep: true, Progress: func(p migrate.Progress) {
		if p.Last {
			steps = append(steps, p.Step)
		}
	}})
	if err != nil || !parity.Passed() || m.Move.Phase != migrate.Cutover {
		t.Fatalf("cutover: %v, %v, phase %s", err, parity, m.Move.Phase)
	}
	if !strings.Contains(strings.Join(steps, " "), migrate.StepComparing) {
		t.Errorf("the steps are %v; want one that compares", steps)
	}
	if err := migrate.Finish(t.Context(), m); err != nil || m.Move.Phase != migrate.Done {
		t.Fatalf("done: %v, phase %s", err, m.Move.Phase)
	}
	if _, err := migrate.CutOver(t.Context(), m, migrate.CutOverOptions{}); !isConflict(err) {
		t.Errorf("cutover after that: %v", err)
	}
}

// TestRollBack_Done: what was written at the target after the source was left
// alone is carried back without a server.
func TestRollBack_Done(t *testing.T) {
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
	do(t, m.Target, api.CreateLink, api.Path{}, `{"url":"https://example.com/made","custom":"made"}`)
	found, err := m.Target.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"made"}`)})
	if err != nil {
		t.Fatal(err)
	}
	e := &migrate.Entry{Move: m.Move.ID, AtTarget: true, Kind: "link", Object: found.ID}
	if err := m.Store.NoteEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	e.Ready = true
	if err := m.Store.FinishEntry(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := migrate.RollBack(t.Context(), m, migrate.RollBackOptions{}); err != nil {
		t.Fatal(err)
	}
	if r, err := m.Source.Find(t.Context(), &adapters.Record{Kind: adapters.KindLink, Document: []byte(`{"custom":"made"}`)}); err != nil || m.Move.Phase != migrate.RolledBack {
		t.Errorf("at the source the link is %+v, %v; phase %s", r, err, m.Move.Phase)
	}
	if waiting, _, err := m.Store.CountEntries(t.Context(), m.Move.ID); waiting != 0 || err != nil {
		t.Errorf("%d writes wait, %v", waiting, err)
	}
}

func TestParityOf(t *testing.T) {
	counts := []migrate.Count{
		{Kind: "link", Status: migrate.Copied, Rows: 1998, Same: 1996, Different: 1},
		{Kind: "link", Status: migrate.Failed, Rows: 1},
		{Kind: "link", Status: migrate.Listed, Rows: 1},
		{Kind: "link", Status: migrate.Deleted, Rows: 500},
		{Kind: "campaign", Status: migrate.Failed, Rows: 9},
	}
	p := migrate.ParityOf(counts, 99.9)
	want := migrate.Parity{Links: 2000, Alike: 1996, Different: 1, Missing: 2, Percent: 99.8, Min: 99.9}
	if p != want || p.Passed() {
		t.Errorf("ParityOf = %+v, passed %t; want %+v", p, p.Passed(), want)
	}
	if text := "1996 of 2000 links are alike at both sides (99.8%, and 99.9% are needed); 1 differ; 2 are not at the target"; p.String() != text {
		t.Errorf("it reads %q; want %q", p, text)
	}
	if none := migrate.ParityOf(nil, 99.9); !none.Passed() {
		t.Errorf("no links: %+v", none)
	}
}

// TestDue: which writes are carried in which phase.
func TestDue(t *testing.T) {
	for phase, want := range map[migrate.Phase][2]bool{
		migrate.Copying: {false, true}, migrate.DualWrite: {true, true}, migrate.Cutover: {true, true}, migrate.Done: {true, false}, migrate.RolledBack: {false, true},
	} {
		if got := [2]bool{migrate.Due(phase, &migrate.Entry{}), migrate.Due(phase, &migrate.Entry{AtTarget: true})}; got != want {
			t.Errorf("%s: from source and target %v; want %v", phase, got, want)
		}
	}
}

func TestStatusOf(t *testing.T) {
	_, m := newMove(t)
	do(t, m.Source, api.CreateLink, api.Path{}, `{"url":"https://example.com/one","custom":"one"}`)
	before, err := migrate.StatusOf(t.Context(), m.Store, m.Move)
	if err != nil || before.Listed != nil || len(before.Objects) != 0 {
		t.Errorf("before the copy: %+v, %v", before, err)
	}
	if _, err := m.Copy(t.Context(), migrate.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := migrate.StatusOf(t.Context(), m.Store, m.Move)
	if err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(document), `{"kind":"link","listed":0,"copied":1,`) || !strings.Contains(string(document), `"answers":"kr"`) {
		t.Errorf("as JSON it is %s, %v", document, err)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "copying since") || !strings.Contains(text.String(), "1 of 1 links are alike") {
		t.Errorf("as text it is %s, %v", text.String(), err)
	}
}

// TestCutOver_underWay: links that clients have just made, and that are on their
// way to the target, do not keep it from answering. Those that nobody brings do.
func TestCutOver_underWay(t *testing.T) {
	s := newStand(t)
	source, _, _ := s.siteNamed(t, "kr", "https://kr.example")
	m := newMover(t, source, s.place())
	idOf(t, source, api.CreateLink, `{"url":"https://a.example/1","custom":"first"}`)
	if _, err := m.Copy(t.Context(), migrate.CopyOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := migrate.BeginDualWrite(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	// The list is read before the second link is made, and counted is after.
	store := m.Store
	for id, brought := range []bool{false, true} {
		id := int64(id + 77)
		m.Store = &meanwhile{Store: store, do: func() {
			_, _, err := store.AddRows(t.Context(), []migrate.Row{{Move: m.Move.ID, Kind: adapters.KindLink, SourceID: id}})
			if err == nil && brought {
				err = store.NoteEntry(t.Context(), &migrate.Entry{Move: m.Move.ID, Kind: adapters.KindLink, Object: id, Ready: true})
			}
			if err != nil {
				t.Error(err)
			}
		}}
		p, err := migrate.CutOver(t.Context(), m, migrate.CutOverOptions{MinParity: 100})
		if brought && err != nil || !brought && (!isConflict(err) || p == nil || p.Missing != 1) {
			t.Errorf("where somebody brings it: %t, the parity is %+v, %v", brought, p, err)
		}
	}
}

// meanwhile does something before rows are counted for the third time: the copy
// counts them twice.
type meanwhile struct {
	migrate.Store
	counts int
	do     func()
}

func (w *meanwhile) CountRows(ctx context.Context, move int64) ([]migrate.Count, error) {
	if w.counts++; w.counts == 3 {
		w.do()
	}
	return w.Store.CountRows(ctx, move)
}
