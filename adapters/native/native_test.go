package native_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/adapters/native"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/clicks"
	"github.com/linkquay/linkquay/files"
	"github.com/linkquay/linkquay/guard"
	"github.com/linkquay/linkquay/openapi"
	"github.com/linkquay/linkquay/shortener"
	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

const origin = "https://go.example.com"

// seoul has no daylight saving time and is nine hours ahead.
var seoul = time.FixedZone("KST", 9*60*60)

// site is the backend on a database of its own, with everything around it that
// is slow or far away played.
type site struct {
	t          *testing.T
	adapter    *native.Adapter
	contract   *openapi.Contract
	store      *store.Store
	shortener  *shortener.Shortener
	statistics *playedStatistics
	real       native.Statistics // asked instead, where it is set
	files      *playedFiles
	logos      *playedLogos
	now        time.Time
}

func newSite(t *testing.T, options ...func(*shortener.Config)) *site {
	t.Helper()
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := files.Open(filepath.Join(t.TempDir(), "files"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	s := &site{
		t: t, contract: contract, store: storetest.Open(t), statistics: &playedStatistics{},
		files: &playedFiles{Dir: dir, kept: map[string]bool{}}, logos: &playedLogos{},
		now: time.Date(2026, 6, 15, 12, 34, 56, 0, seoul),
	}
	cfg := shortener.Config{
		Store: s.store, Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"},
		Reserved: func(alias string) bool { return alias == "api" },
		Now:      func() time.Time { return s.now },
	}
	for _, o := range options {
		o(&cfg)
	}
	s.shortener = shortener.New(cfg)
	s.adapter = native.New(native.Config{
		Contract: contract, Origin: origin, Shortener: s.shortener, Statistics: s, Files: s.files, Logos: s.logos,
		UploadSilence: 50 * time.Millisecond, Zone: seoul, Now: func() time.Time { return s.now },
	})
	return s
}

// in is a request in the contract's terms.
type in struct {
	account  string // "main" if empty
	id, item int64
	itemType string
	query    string
	body     string
	filename string
	file     io.Reader
	once     string // the Idempotency-Key
}

// try carries out a call that the contract accepts. A reply that breaks the
// contract fails the test.
func (s *site) try(ctx context.Context, op api.Operation, in in) (*api.Reply, error) {
	s.t.Helper()
	query, err := url.ParseQuery(in.query)
	if err != nil {
		s.t.Fatal(err)
	}
	if in.account == "" {
		in.account = "main"
	}
	call := &api.Call{
		Operation: op,
		Path:      api.Path{ID: in.id, ItemID: in.item, ItemType: in.itemType, Filename: in.filename},
		Query:     query,
		Key:       &api.Key{Account: in.account, Scopes: api.ScopeAdmin},
		Origin:    origin,
	}
	if in.body != "" {
		call.Document = []byte(in.body)
	}
	if in.file != nil {
		call.File = &api.File{Body: in.file, Size: -1}
	}
	if in.once != "" {
		call.Idempotency = &api.Idempotency{Key: in.once, Fingerprint: sha256.Sum256([]byte(string(op) + in.body + in.query))}
	}
	operation := s.contract.Operation(op)
	if err := operation.Validate(call); err != nil {
		s.t.Fatalf("%s %s is no request: %v", op, in.body, err)
	}
	call.Items = operation.Items(call)
	reply, err := s.adapter.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	if err := operation.ValidateReply(http.StatusOK, reply.Document); err != nil {
		s.t.Errorf("%v\n%s", err, reply.Document)
	}
	return reply, nil
}

// do carries out a call that must succeed.
func (s *site) do(op api.Operation, in in) gjson.Result {
	s.t.Helper()
	reply, err := s.try(s.t.Context(), op, in)
	if err != nil {
		s.t.Fatalf("%s %s%s: %v", op, in.body, in.query, err)
	}
	return gjson.ParseBytes(reply.Document)
}

// refused carries out a call that must fail with the code, and name the field
// unless that is empty. It returns the message.
func (s *site) refused(op api.Operation, in in, code api.Code, field string) string {
	s.t.Helper()
	reply, err := s.try(s.t.Context(), op, in)
	if err == nil {
		s.t.Errorf("%s %s%s answered %s; want %s", op, in.body, in.query, reply.Document, code)
		return ""
	}
	failure := api.AsError(err)
	named := field == "" || slices.ContainsFunc(failure.Fields, func(f api.FieldError) bool { return f.Field == field })
	if failure.Code != code || !named {
		s.t.Errorf("%s %s%s: %v %v; want %s about %q", op, in.body, in.query, failure, failure.Fields, code, field)
	}
	return failure.Message
}

// expect compares values of a reply, by their gjson paths, as JSON.
func (s *site) expect(doc gjson.Result, want map[string]string) {
	s.t.Helper()
	for path, value := range want {
		if got := doc.Get(path).Raw; got != value {
			s.t.Errorf("%s = %s; want %s\nin %s", path, got, value, doc.Raw)
		}
	}
}

// Summary, Series and Orphans make a site the statistics of its adapter.
func (s *site) Summary(ctx context.Context, linkID int64) (*clicks.Summary, error) {
	return s.source().Summary(ctx, linkID)
}

func (s *site) Series(ctx context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string) (*clicks.Series, error) {
	return s.source().Series(ctx, linkID, from, to, interval, zone, dimension)
}

func (s *site) Orphans(ctx context.Context, account string, limit, offset int) ([]clicks.Orphan, int, error) {
	return s.source().Orphans(ctx, account, limit, offset)
}

func (s *site) source() native.Statistics {
	if s.real != nil {
		return s.real
	}
	return s.statistics
}

// playedStatistics answers what it is told to, and keeps what it was asked.
type playedStatistics struct {
	summary clicks.Summary
	series  clicks.Series
	orphans []clicks.Orphan
	err     error

	asked []string
}

func (p *playedStatistics) Summary(_ context.Context, linkID int64) (*clicks.Summary, error) {
	p.asked = append(p.asked, fmt.Sprintf("summary %d", linkID))
	return &p.summary, p.err
}

func (p *playedStatistics) Series(_ context.Context, linkID int64, from, to time.Time, interval clicks.Interval, zone *time.Location, dimension string) (*clicks.Series, error) {
	p.asked = append(p.asked, fmt.Sprintf("series %d %s %s %s %s %s", linkID,
		from.In(zone).Format(time.DateTime), to.In(zone).Format(time.DateTime), interval, zone, dimension))
	return &p.series, p.err
}

func (p *playedStatistics) Orphans(_ context.Context, account string, limit, offset int) ([]clicks.Orphan, int, error) {
	p.asked = append(p.asked, fmt.Sprintf("orphans %s %d %d", account, limit, offset))
	return p.orphans, len(p.orphans), p.err
}

// playedFiles knows which files there are, and fails where it is told to.
type playedFiles struct {
	*files.Dir
	kept      map[string]bool
	putErr    error
	removeErr error
}

func (p *playedFiles) Put(ctx context.Context, body io.Reader, limit int64) (files.Stored, error) {
	if p.putErr != nil {
		return files.Stored{}, p.putErr
	}
	stored, err := p.Dir.Put(ctx, body, limit)
	if err == nil {
		p.kept[stored.Name] = true
	}
	return stored, err
}

func (p *playedFiles) Remove(name string) error {
	if p.removeErr != nil {
		return p.removeErr
	}
	delete(p.kept, name)
	return p.Dir.Remove(name)
}

// playedLogos serves one picture, or fails.
type playedLogos struct {
	body  []byte
	err   error
	asked []string
}

func (p *playedLogos) Get(_ context.Context, address string, limit int64) ([]byte, http.Header, error) {
	p.asked = append(p.asked, address)
	if int64(len(p.body)) > limit {
		return nil, nil, guard.ErrTooLarge
	}
	return p.body, nil, p.err
}

func TestAdapter_EveryOperation(t *testing.T) {
	s := newSite(t)
	capabilities := s.adapter.Capabilities()
	for _, op := range s.contract.Operations() {
		switch op.ID {
		case api.GetCapabilities, api.GetHealth:
			// Answered by the gateway itself.
			continue
		}
		c := capabilities[op.ID]
		if c.Support != api.Native {
			t.Errorf("%s is %q; want it native", op.ID, c.Support)
		}
		for _, field := range op.Fields {
			if c.Fields[field].Support != api.Native {
				t.Errorf("%s of %s is %q", field, op.ID, c.Fields[field].Support)
			}
		}
	}
	if _, ok := any(s.adapter).(adapters.Idempotent); !ok {
		t.Error("the adapter does not heed an Idempotency-Key")
	}
	_, err := s.adapter.Do(t.Context(), &api.Call{Operation: "noSuchOperation"})
	if api.AsError(err).Code != api.Unsupported {
		t.Errorf("an operation that does not exist: %v", err)
	}
}

func (s *site) url(alias string) string { return `"` + origin + "/" + alias + `"` }

func quote(s string) string { return string(gjson.AppendJSONString(nil, s)) }

func body(format string, args ...any) string {
	return fmt.Sprintf(strings.ReplaceAll(format, "'", `"`), args...)
}
