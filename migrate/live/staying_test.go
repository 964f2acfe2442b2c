package live_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/dglnk"
	"github.com/linkquay/linkquay/adapters/emulate"
	"github.com/linkquay/linkquay/adapters/upstream"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/migrate"
	"github.com/linkquay/linkquay/migrate/live"
	"github.com/linkquay/linkquay/simulate"
	dglnksite "github.com/linkquay/linkquay/simulate/dglnk"
)

// dgLnk adds a dgLnk of the version to a stand, and returns its switch and site.
func (s *stand) dgLnk(tb testing.TB, version int) (*live.Switch, *simulate.Server) {
	tb.Helper()
	server, err := simulate.Start(tb.Context(), dglnksite.New(dglnksite.Options{Key: siteKey.Reveal(), APIVersion: version}), simulate.Options{})
	must(tb, err)
	tb.Cleanup(server.Close)
	cfg := upstream.Config{Backend: "dg", BaseURL: server.URL, Key: siteKey, Timeout: 10 * time.Second, RetryPause: time.Millisecond}
	if version == 1 {
		cfg.KeyQuery = dglnk.KeyQuery
	}
	client, err := upstream.New(cfg)
	must(tb, err)
	tb.Cleanup(client.Close)
	site, err := dglnk.New(dglnk.Config{Name: "dg", APIVersion: version}, client, s.store.Ledger())
	must(tb, err)
	own := s.places[api.NativeBackend].Backend
	s.places["dg"] = &migrate.Place{
		Name: "dg", Account: api.MainAccount, Origin: server.URL, Backend: emulate.Wrap(site, emulate.Config{Name: "dg", Native: own, Store: s.store}),
	}
	r := live.New(live.Config{Store: s.store.Moves(), Every: every, Place: s.place})
	dg := r.Switch("dg", s.places["dg"].Backend)
	r.Switch(api.NativeBackend, own)
	must(tb, r.Start(tb.Context()))
	tb.Cleanup(r.Close)
	return dg, server
}

// TestSwitch_QRCodesStay: codes that are emulated for the source stay, by their
// ids, in every phase and also when the site is gone; they are neither listed nor
// noted.
func TestSwitch_QRCodesStay(t *testing.T) {
	for name, version := range map[string]int{"One": 1, "Three": 3} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			dg, server := s.dgLnk(t, version)
			client := func(op api.Operation, path api.Path, document string) string {
				t.Helper()
				reply, err := ask(t.Context(), adapters.Answering(dg, api.MainAccount), "dg", op, path, document)
				must(t, err)
				return reply.Raw
			}
			// The native backend has codes of its own, with the same ids.
			_, err := ask(t.Context(), s.native, api.NativeBackend, api.CreateQRCode, api.Path{}, `{"name":"ours","type":"text","data":"x"}`)
			must(t, err)
			client(api.CreateLink, api.Path{}, `{"url":"https://example.com/one","custom":"one-one"}`)
			client(api.CreateQRCode, api.Path{}, `{"name":"first","type":"text","data":"one"}`)
			before := client(api.ListQRCodes, api.Path{}, "")
			if !strings.Contains(before, `"first"`) || strings.Contains(before, `"ours"`) {
				t.Fatalf("before the move the codes are %s", before)
			}
			s.openMove(t, "dg", api.NativeBackend)
			same := func(when string) {
				t.Helper()
				if got := client(api.ListQRCodes, api.Path{}, ""); got != before {
					t.Errorf("%s the codes are %s; want %s", when, got, before)
				}
			}
			plan, err := migrate.Plan(t.Context(), s.mover.Source, s.mover.Target, migrate.PlanOptions{})
			must(t, err)
			if len(plan.NotMoved) != 1 || !plan.NotMoved[0].Works || plan.NotMoved[0].Count != 1 {
				t.Errorf("the plan says %+v of what is not moved", plan.NotMoved)
			}
			s.copy(t)
			client(api.CreateQRCode, api.Path{}, `{"name":"second","type":"text","data":"two"}`)
			before = client(api.ListQRCodes, api.Path{}, "")
			if waiting, _, err := s.mover.Store.CountEntries(t.Context(), s.mover.Move.ID); err != nil || waiting != 0 {
				t.Errorf("%d entries were noted, %v", waiting, err)
			}
			must(t, migrate.BeginDualWrite(t.Context(), s.mover))
			_, err = migrate.CutOver(t.Context(), s.mover, migrate.CutOverOptions{})
			must(t, err)
			home := func(name string) {
				t.Helper()
				for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(every) {
					if at, _ := dg.Home(api.MainAccount); at == name {
						return
					}
				}
				t.Fatalf("%s does not answer", name)
			}
			home(api.NativeBackend)
			same("after the cutover")
			must(t, migrate.Finish(t.Context(), s.mover))
			s.noticed(t)
			server.Close()
			same("when the site is gone")
			client(api.CreateQRCode, api.Path{}, `{"name":"third","type":"text","data":"three"}`)
			if got := client(api.ListQRCodes, api.Path{}, ""); !strings.Contains(got, `"third"`) || strings.Contains(got, `"id":5497558138`) {
				t.Errorf("a code that was made after the move stands in %s", got)
			}
			c := adapters.Answering(dg, api.MainAccount).Capabilities()
			if c[api.CreateQRCode].Support != api.Emulated || c[api.CreateLink].Support != api.Native || c[api.AssignItemToChannel].Fields["type"].Of("qr") != api.Refused {
				t.Errorf("the capabilities are %+v", c[api.AssignItemToChannel])
			}
			rows, err := s.mover.Store.Rows(t.Context(), migrate.Filter{Move: s.mover.Move.ID, Kind: adapters.KindQR})
			if err != nil || len(rows) > 0 {
				t.Errorf("rows of codes: %+v, %v", rows, err)
			}
		})
	}
}
