package conformance_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
)

const (
	// short is how long a backend waits for its site where all answers are slow,
	// longer where some are, and patient where none is.
	short   = 100 * time.Millisecond
	longer  = 200 * time.Millisecond
	patient = 10 * time.Second

	// soon is when an answer must be there at the latest, on any machine.
	soon = 8 * time.Second
)

// where says which requests of an operation a fault meets.
type where string

const (
	everywhere where = ""
	writes     where = "writes"      // what finds out how things are is answered
	later      where = "second-post" // the first write comes through
)

// failing is a fault, and what has to come of it.
type failing struct {
	simulate.Fault

	name  string
	codes []api.Code    // those that the caller may get; none where there must be an answer
	wait  time.Duration // that the site named
	valid bool          // an answer that keeps to the contract is right too
	words string        // the site's own, which the caller is told instead of its name
	slow  bool
}

// members are those that replies of the sites are made of.
var members = []string{
	"id", "shorturl", "short", "details", "data", "data.urls", "link", "links", "pagination", "pagination.data[].id", "group", "pixel", "domain", "report",
	"status",
}

var (
	unavailable  = []api.Code{api.Unavailable}
	unauthorized = []api.Code{api.Unauthorized}
)

var faults = []failing{
	{name: "latency", Fault: simulate.Fault{Kind: simulate.Latency, Delay: 2 * short}, codes: unavailable, slow: true},
	{name: "late", Fault: simulate.Fault{Kind: simulate.Late, Delay: time.Minute}, codes: unavailable, slow: true},
	{name: "slow", Fault: simulate.Fault{Kind: simulate.Latency, Delay: 10 * time.Millisecond}},
	{name: "500", Fault: simulate.Fault{Kind: simulate.Status, Status: 500, Body: `{"message":"Server Error"}`}, codes: unavailable},
	{name: "500-after", Fault: simulate.Fault{Kind: simulate.Status, Status: 500, Commit: true}, codes: unavailable},
	{name: "502", Fault: simulate.Fault{Kind: simulate.Status, Status: 502, Body: "<h1>Bad Gateway</h1>"}, codes: unavailable},
	{name: "503", Fault: simulate.Fault{Kind: simulate.Status, Status: 503, RetryAfter: 7 * time.Second}, codes: unavailable, wait: 7 * time.Second},
	{name: "401", Fault: simulate.Fault{Kind: simulate.Status, Status: 401, Body: `{"message":"Unauthenticated."}`}, codes: unauthorized},
	{name: "403", Fault: simulate.Fault{Kind: simulate.Status, Status: 403, Body: `{"message":"No."}`}, codes: []api.Code{api.Forbidden}, words: "No."},
	{name: "429", Fault: simulate.Fault{Kind: simulate.RateLimit, RetryAfter: 12 * time.Second}, codes: []api.Code{api.RateLimited}, wait: 12 * time.Second},
	{name: "html", Fault: simulate.Fault{Kind: simulate.HTML}, codes: unavailable},
	{name: "html-after", Fault: simulate.Fault{Kind: simulate.HTML, Commit: true}, codes: unavailable},
	{name: "login", Fault: simulate.Fault{Kind: simulate.Login}, codes: unauthorized},
	{name: "redirect", Fault: simulate.Fault{Kind: simulate.Redirect}, codes: unauthorized},
	{name: "empty", Fault: simulate.Fault{Kind: simulate.Empty}, codes: unavailable},
	{name: "empty-after", Fault: simulate.Fault{Kind: simulate.Empty, Commit: true}, codes: unavailable},
	{name: "reset", Fault: simulate.Fault{Kind: simulate.Reset}, codes: unavailable},
	{name: "die-after-commit", Fault: simulate.Fault{Kind: simulate.DieAfterCommit}, codes: unavailable},
	{name: "half-body", Fault: simulate.Fault{Kind: simulate.HalfBody}, codes: unavailable},
	{name: "cut-json", Fault: simulate.Fault{Kind: simulate.CutJSON}, codes: unavailable},
	{name: "drop-fields", Fault: simulate.Fault{Kind: simulate.DropFields, Fields: members}, codes: unavailable, valid: true},
	{name: "retype-fields", Fault: simulate.Fault{Kind: simulate.RetypeFields, Fields: members, To: "object"}, codes: unavailable, valid: true},
	{name: "retype-as-array", Fault: simulate.Fault{Kind: simulate.RetypeFields, Fields: members, To: "array"}, codes: unavailable, valid: true},
	{name: "clock-behind", Fault: simulate.Fault{Kind: simulate.Skew, Skew: -time.Hour}},
	{name: "clock-ahead", Fault: simulate.Fault{Kind: simulate.Skew, Skew: time.Hour}},
}

// TestFaults: whatever a site does, the caller gets the right error in time and
// nothing is half done; and when the site is well again, the same request
// succeeds and makes no second link.
func TestFaults(t *testing.T) {
	for _, kind := range backends[1:] {
		for _, at := range []where{everywhere, writes, later} {
			for _, f := range faults {
				// What comes late is all the same whether it is done before.
				if at != everywhere && (f.codes == nil || f.Kind == simulate.Latency) {
					continue
				}
				t.Run(strings.TrimSuffix(kind+"/"+f.name+"/"+string(at), "/"), func(t *testing.T) {
					t.Parallel()
					s := mustStand(t, kind, settings{timeout: patient})
					for _, op := range s.supported() {
						if at == everywhere || s.contract.Operation(op).Method != http.MethodGet {
							s.survives(t, f, at, op)
						}
					}
				})
			}
		}
	}
}

// set makes the site fail.
func (s *stand) set(t *testing.T, f simulate.Fault, at where) {
	t.Helper()
	all := []simulate.Fault{f}
	if at != everywhere {
		all = nil
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			one := f
			one.Method = method
			if at == later {
				one.After = 1
			}
			all = append(all, one)
		}
	}
	if err := s.server.Fail(all...); err != nil {
		t.Fatal(err)
	}
}

// survives carries one operation out while the site fails, and again when it is
// well.
func (s *stand) survives(t *testing.T, f failing, at where, op api.Operation) {
	t.Helper()
	s.connect(t, patient)
	r := s.subjectOf(t, op)
	before, asked := s.state(t), len(s.server.Requests())
	switch {
	case f.slow && at == everywhere:
		s.connect(t, short)
	case f.slow:
		s.connect(t, longer)
	}
	s.set(t, f.Fault, at)
	begin := time.Now()
	reply, warnings, err := s.try(t, r)
	if d := time.Since(begin); d > soon {
		t.Errorf("%s took %s", op, d)
	}
	s.server.Heal()
	met := s.met(asked)
	made := gjson.Get(reply.Raw, "data.created")
	switch {
	case err != nil:
		s.rightError(t, f, op, err, met)
	case made.Exists() && made.Int() < 2:
		// The answer to many is a success with the failures in it.
		if f.codes == nil {
			t.Errorf("%s = %s; want links", op, reply.Raw)
		}
	case met && f.codes != nil && !f.valid && at == everywhere:
		t.Errorf("%s = %s %v; want %v", op, reply.Raw, warnings, f.codes)
	case f.codes == nil && len(warnings) > 0 && op != api.GetLinkStatistics:
		t.Errorf("%s warns: %v", op, warnings)
	}
	s.settle(t, asked)
	s.connect(t, patient)
	committed := s.state(t) != before
	if err != nil && !f.Commit && committed && at != later && slices.Contains([]simulate.Kind{simulate.Status, simulate.RateLimit, simulate.HTML, simulate.Login, simulate.Redirect, simulate.Empty, simulate.Reset}, f.Kind) {
		t.Errorf("%s failed before the site has done anything, and has left something:\n%s\nwas\n%s", op, s.state(t), before)
	}
	s.notLost(t, op, r, err)
	s.again(t, r, reply, warnings, err, committed)
}

// met reports whether a request since then has met a fault.
func (s *stand) met(asked int) bool {
	for _, q := range s.server.Requests()[asked:] {
		if len(q.Faults) > 0 {
			return true
		}
	}
	return false
}

// settle waits until the site has handled what came late.
func (s *stand) settle(t *testing.T, asked int) {
	t.Helper()
	late := func(q simulate.Request) bool {
		return slices.Contains(q.Faults, simulate.Latency) && q.Status == 0
	}
	for end := time.Now().Add(soon); slices.ContainsFunc(s.server.Requests()[asked:], late); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the site does not come to an end")
		}
	}
}

// rightError: the code, the name of the backend, and how long to wait.
func (s *stand) rightError(t *testing.T, f failing, op api.Operation, err error, met bool) {
	t.Helper()
	e, ok := err.(*api.Error) //nolint:errorlint // It must be one itself.
	switch {
	case !ok:
		t.Errorf("%s = %v; want an *api.Error", op, err)
	case !met:
		t.Errorf("%s = %v, without having met the fault", op, err)
	case f.codes == nil || !slices.Contains(f.codes, e.Code):
		t.Errorf("%s = %s %v; want %v", op, e.Code, err, f.codes)
	case !strings.Contains(e.Message, s.kind) && (f.words == "" || e.Message != f.words):
		t.Errorf("%s = %q; want the backend's name in it", op, e.Message)
	case f.wait != 0 && e.RetryAfter < f.wait:
		t.Errorf("%s asks to wait for %s; the site for %s", op, e.RetryAfter, f.wait)
	}
}

// target is the URL that a request's links lead to; each has its own.
func target(r request) []string {
	var urls []string
	for _, doc := range append(gjson.Get(r.body, "urls").Array(), gjson.Parse(r.body)) {
		if u := doc.Get("url").Str; u != "" {
			urls = append(urls, u)
		}
	}
	return urls
}

// count is how many links of the site lead to a URL.
func (s *stand) count(url string) (n int) {
	if s.script != nil {
		for _, l := range s.script.Links() {
			if l.URL == url {
				n++
			}
		}
		return n
	}
	for _, l := range s.dg.Links() {
		if l.LongURL == url {
			n++
		}
	}
	return n
}

// notLost: of a create whose link is there, and was not answered, an intent is
// kept.
func (s *stand) notLost(t *testing.T, op api.Operation, r request, err error) {
	t.Helper()
	if op != api.CreateLink || err == nil || s.count(target(r)[0]) == 0 {
		return
	}
	pending, failed := s.store.Ledger().Pending(t.Context(), s.kind, -time.Hour)
	if failed != nil || pending == 0 {
		t.Errorf("%s has made a link that nobody knows of, and failed with %v", op, err)
	}
}

// again sends what has failed once more to the site when it is well. A create
// that has made nothing may still be under way, until so much time has passed.
func (s *stand) again(t *testing.T, r request, reply gjson.Result, warnings []api.FieldError, failed error, committed bool) {
	t.Helper()
	op, asked, err := r.op, r, failed
	for try := range 2 {
		if err == nil {
			// What was answered nobody asks for another time.
			rest := unmade(r, reply)
			if rest == "" {
				break
			}
			r.body = rest
		}
		if try > 0 && !waits(err, slices.ContainsFunc(target(r), func(u string) bool { return s.count(u) > 0 })) {
			break
		}
		if try > 0 {
			s.age(t, time.Hour)
		}
		reply, warnings, err = s.try(t, r)
	}
	switch {
	case err == nil:
	case strings.HasPrefix(string(op), "delete") && api.AsError(err).Code == api.NotFound && (failed == nil || committed):
	case op != api.CreateLink && strings.HasPrefix(string(op), "create") && api.AsError(err).Code == api.Conflict && committed:
		// Names of other objects than links are taken by the first one.
	default:
		t.Errorf("%s, sent again to a site that is well = %v", op, err)
	}
	for _, url := range target(asked) {
		if n := s.count(url); n != 1 {
			t.Errorf("%s: after %v and another try %d links lead to %s; want 1", op, failed, n, url)
		}
	}
	if pending, err := s.store.Ledger().Pending(t.Context(), s.kind, -time.Hour); err != nil || pending > 0 {
		t.Errorf("%s leaves %d intents, %v", op, pending, err)
		s.forget(t)
	}
	if err == nil {
		s.wholly(t, r, reply, warnings)
	}
}

// waits reports whether a create that has made nothing asks to be sent again a
// little later.
func waits(err error, made bool) bool {
	e := api.AsError(err)
	return err == nil || !made && e.Code == api.Unavailable && e.RetryAfter > 0 && e.RetryAfter <= time.Minute
}

// unmade is the body of a createLinks for those items that have failed, empty
// where none has.
func unmade(r request, reply gjson.Result) string {
	var items []string
	for i, result := range reply.Get("data.results").Array() {
		if result.Get("error").Int() != 0 {
			items = append(items, gjson.Get(r.body, "urls."+strconv.Itoa(i)).Raw)
		}
	}
	if items == nil {
		return ""
	}
	return `{"urls":[` + strings.Join(items, ",") + `]}`
}

// wholly: an operation that has succeeded has done all that was asked, but what
// it warns of.
func (s *stand) wholly(t *testing.T, r request, reply gjson.Result, warnings []api.FieldError) {
	t.Helper()
	ids, documents := []int64{reply.Get("id").Int()}, []gjson.Result{gjson.Parse(r.body)}
	switch r.op {
	case api.CreateLinks:
		ids, documents = nil, gjson.Get(r.body, "urls").Array()
		for _, result := range reply.Get("data.results").Array() {
			ids = append(ids, result.Get("id").Int())
		}
	case api.UpdateLink:
		ids = []int64{r.path.ID}
	case api.AssignLinkToCampaign:
		ids, documents = []int64{r.path.ItemID}, []gjson.Result{gjson.Parse(fmt.Sprintf(`{"campaign":%d}`, r.path.ID))}
	case api.CreateLink:
	default:
		return
	}
	for i, doc := range documents {
		details := s.must(t, request{op: api.GetLink, path: api.Path{ID: ids[i]}}).Get("details")
		for _, field := range []string{"url", "description", "metatitle", "campaign", "channel"} {
			want, got := doc.Get(field), details.Get(field)
			place := field
			if r.op == api.CreateLinks {
				place = fmt.Sprintf("urls[%d].%s", i, field)
			}
			if slices.ContainsFunc(warnings, func(w api.FieldError) bool { return w.Field == place }) {
				continue
			}
			if want.Exists() && got.Exists() && canonical(field, want) != canonical(field, got) {
				t.Errorf("%s: %s of the link %d is %s; want %s", r.op, field, ids[i], got.Raw, want.Raw)
			}
		}
	}
}
