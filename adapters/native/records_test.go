package native_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

// export is all that the account has of a kind, two at a time.
func (s *site) export(kind adapters.Kind) (all []adapters.Record) {
	s.t.Helper()
	for after := int64(0); ; after = all[len(all)-1].ID {
		part, err := s.adapter.Export(s.t.Context(), "main", kind, after, 2)
		if err != nil {
			s.t.Fatalf("Export(%s) = %v", kind, err)
		}
		if all = append(all, part...); len(part) < 2 {
			return all
		}
	}
}

// imports writes records, of which none may be refused.
func (s *site) imports(records ...adapters.Record) []adapters.Imported {
	s.t.Helper()
	done, err := s.adapter.Import(s.t.Context(), "main", records)
	if err != nil || len(done) != len(records) {
		s.t.Fatalf("Import() = %d results, %v; want %d", len(done), err, len(records))
	}
	for i, d := range done {
		if d.Err != nil {
			s.t.Fatalf("Import(%s) = %v", records[i].Document, d.Err)
		}
	}
	return done
}

// refusesRecord imports one that must be refused.
func (s *site) refusesRecord(r adapters.Record, code api.Code, field string) {
	s.t.Helper()
	done, err := s.adapter.Import(s.t.Context(), "main", []adapters.Record{r})
	if err != nil {
		s.t.Fatal(err)
	}
	e := done[0].Err
	named := e != nil && (field == "" || slices.ContainsFunc(e.Fields, func(f api.FieldError) bool { return f.Field == field }))
	if e == nil || e.Code != code || !named || done[0].ID != 0 {
		s.t.Errorf("Import(%s %s) = %+v; want %s about %q", r.Kind, r.Document, done[0], code, field)
	}
}

func linkRecord(format string, args ...any) adapters.Record {
	return adapters.Record{Kind: adapters.KindLink, Document: []byte(body(format, args...))}
}

// fill gives a site two objects of each kind, of which the second has all that it
// can have.
func fill(s *site) {
	for op, docs := range map[api.Operation][]string{
		api.CreateDomain:     {`{'domain':'a.example'}`, `{'domain':'http://b.example','redirectroot':'https://example.com/','redirect404':'https://example.com/404'}`},
		api.CreatePixel:      {`{'type':'gtmpixel','name':'A','tag':'GTM-1'}`, `{'type':'gtmpixel','name':'B','tag':'GTM-2'}`},
		api.CreateSplashPage: {`{'name':'A','message':'m'}`, `{'name':'B','title':'T','message':'M','counter':0,'image':'https://example.com/i.png','button':'Go'}`},
		api.CreateOverlay: {
			`{'name':'A','type':'message','message':'Hi'}`,
			`{'name':'B','type':'contact','message':'Hi','label':'L','button':'B','link':'https://example.com/','email':'a@b.example','position':'top','background':'#102030','foreground':'rgb(1,2,3)'}`,
		},
		api.CreateCampaign: {`{'name':'A'}`, `{'name':'B','slug':'spring','public':true}`},
		api.CreateChannel:  {`{'name':'A'}`, `{'name':'B','description':'D','color':'#abcdef','starred':true}`},
	} {
		for _, doc := range docs {
			s.do(op, in{body: body(doc)})
		}
	}
	s.do(api.CreateLink, in{body: body(`{'url':'https://example.com/','custom':'plain'}`)})
	s.do(api.CreateLink, in{body: body(`{'url':'https://example.com/?a=1&b=<2>','custom':'full','domain':'b.example','type':'overlay-2','password':'secret',
		'expiry':'2030-01-02 03:04:05','startdate':'2029-01-01','geotarget':[{'location':'Canada','link':'https://example.com/ca'}],
		'devicetarget':[{'device':'iPhone','link':'https://example.com/i'}],'languagetarget':[{'language':'ko','link':'https://example.com/ko'}],
		'metatitle':'T','metadescription':'D','metaimage':'https://example.com/i.png','description':'private','pixels':[2],'channel':2,'campaign':2,
		'deeplink':{'auto':true},'status':'public','parameters':[{'name':'utm','value':'x y'}],'redirectcode':301,'clicklimit':9,
		'expiredurl':'https://example.com/over','externalid':'crm-7','forwardquery':true,'disabled':true}`)})
	s.do(api.AssignItemToChannel, in{id: 1, item: 2, itemType: "links"})
	s.do(api.CreateQRCode, in{body: body(`{'type':'text','data':'Some text'}`)})
	s.do(api.CreateQRCode, in{body: body(`{'type':'link','data':'https://example.com/qr','name':'Poster','background':'#ffffff','foreground':'#102030','logo':'https://example.com/logo.png'}`)})
	s.do(api.AssignItemToChannel, in{id: 2, item: 2, itemType: "qr"})
}

// All that a site has comes out of another one as it was put into the first.
func TestAdapter_ExportImport(t *testing.T) {
	source, target := newSite(t), newSite(t)
	source.logos.body = picture(t, 10)
	target.logos.body = source.logos.body
	fill(source)
	if ok, err := source.store.TakeClick(t.Context(), 2, 9); err != nil || !ok {
		t.Fatal(err)
	}
	target.now = target.now.AddDate(1, 0, 0)
	for _, kind := range adapters.Kinds {
		records := source.export(kind)
		if len(records) != 2 || records[0].ID != 1 || records[1].ID != 2 {
			t.Fatalf("Export(%s) = %+v; want 1 and 2", kind, records)
		}
		if kind == adapters.KindLink {
			records[1].Clicks, records[1].UniqueClicks = 70, 7
		}
		for _, r := range records {
			want := r
			r.ID = 0
			// Ids are the same, as all comes in the same order.
			done := target.imports(r)[0]
			if done.ID != want.ID || done.Existing {
				t.Errorf("Import(%s) = %+v; want %d, new", r.Document, done, want.ID)
			}
			if diff := cmp.Diff(want, done.Stored, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s %d as it was stored (-source +target):\n%s", kind, want.ID, diff)
			}
			read, err := target.adapter.Export(t.Context(), "main", kind, want.ID-1, 1)
			if err != nil || len(read) != 1 {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, read[0], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s %d as it is read (-source +target):\n%s", kind, want.ID, diff)
			}
		}
	}
	target.real = target.store
	link := target.do(api.GetLink, in{id: 2})
	target.expect(link, map[string]string{
		"details.carriedclicks": "70", "details.carrieduniqueclicks": "7", "data.clicks": "70", "data.uniqueClicks": "7",
		"details.channels": "[1,2]", "details.has_password": "true", "details.date": source.do(api.GetLink, in{id: 2}).Get("details.date").Raw,
	})
	target.expect(target.do(api.ListLinks, in{query: "order=click"}), map[string]string{
		"data.urls.0.id": "2", "data.urls.0.clicks": "70", "data.urls.0.uniqueclicks": "7",
	})
	l, err := target.store.Link(t.Context(), "main", 2)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := shortener.VerifyPassword(t.Context(), l.PasswordHash, "secret"); err != nil || !ok {
		t.Errorf("the password of the link does not open it any more: %v", err)
	}
}

func TestAdapter_ImportAgain(t *testing.T) {
	s := newSite(t)
	code := adapters.Record{
		Kind: adapters.KindQR, Document: []byte(`{"type":"text","data":"Some text"}`),
		ShortURL: "https://old.example/qr/poster", Clicks: 4, UniqueClicks: 3, Created: s.now.AddDate(-1, 0, 0),
	}
	records := []adapters.Record{linkRecord(`{'url':'https://example.com/','custom':'one'}`), code}
	first := s.imports(records...)
	second := s.imports(records...)
	for i := range first {
		if second[i].ID != first[i].ID || !second[i].Existing || first[i].Existing {
			t.Errorf("the second import made %+v of %+v", second[i], first[i])
		}
	}
	s.expect(s.do(api.ListQRCodes, in{}), map[string]string{
		"data.result": "1", "data.qrs.0.link": quote(origin + "/qr/poster"), "data.qrs.0.scans": "4",
	})
	// What else stands there, the code goes round.
	code.Document = []byte(`{"type":"text","data":"Another text"}`)
	if other := s.imports(code)[0]; other.Existing || other.ID == second[1].ID || strings.HasSuffix(other.Stored.ShortURL, "/poster") {
		t.Errorf("another code at the same address became %+v", other)
	}
	code.ID, code.Clicks = second[1].ID, 5
	if again := s.imports(code)[0]; !again.Existing || gjson.GetBytes(again.Stored.Document, "data").Str != "Another text" || again.Stored.Clicks != 5 {
		t.Errorf("the code that was replaced is %+v", again)
	}
	random := s.imports(linkRecord(`{'url':'https://example.com/a'}`), linkRecord(`{'url':'https://example.com/b'}`))
	if a, b := random[0].Stored.ShortURL, random[1].Stored.ShortURL; a == b || len(a) != len(origin)+8 {
		t.Errorf("links without an alias stand at %s and %s", a, b)
	}
}

func TestAdapter_ImportRefusesEachAlone(t *testing.T) {
	s := newSite(t)
	s.do(api.CreateLink, in{account: "other", body: `{"url":"https://example.com","custom":"others"}`})
	s.do(api.CreatePixel, in{body: body(`{'type':'gtmpixel','name':'A','tag':'GTM-1'}`)})
	done, err := s.adapter.Import(t.Context(), "main", []adapters.Record{
		linkRecord(`{'url':'https://example.com/','custom':'others'}`),
		{Kind: adapters.KindCampaign, Document: []byte(`{"name":"C"}`)},
		linkRecord(`{'url':'javascript:alert(1)','custom':'bad'}`),
		linkRecord(`{'url':'https://example.com/','custom':'good','expiry':'2001-01-01'}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if done[0].Err == nil || done[2].Err == nil || done[1].Err != nil || done[3].Err != nil || done[1].ID != 1 || done[3].ID == 0 {
		t.Errorf("Import() = %+v", done)
	}
	pixel := adapters.Record{Kind: adapters.KindPixel, Document: []byte(`{"type":"gtmpixel","name":"A","tag":"GTM-1"}`)}
	s.refusesRecord(pixel, api.Conflict, "tag")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','custom':'others'}`), api.Conflict, "custom")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','custom':'api'}`), api.Conflict, "custom")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','custom':'a'}`), api.Invalid, "custom")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','domain':'not.mine.example'}`), api.Invalid, "domain")
	s.refusesRecord(linkRecord(`{'url':'https://go.example.com/x'}`), api.Invalid, "url")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','nosuchfield':1}`), api.Invalid, "nosuchfield")
	s.refusesRecord(linkRecord(`{'url':'https://example.com/','campaign':99}`), api.Invalid, "campaign")
	s.refusesRecord(linkRecord(`{'url':7}`), api.Invalid, "url")
	s.refusesRecord(linkRecord(`{'url'`), api.Invalid, "")
	s.refusesRecord(linkRecord("{'url':'https://example.com/\xff'}"), api.Invalid, "")
	s.refusesRecord(adapters.Record{Kind: "bio", Document: []byte(`{}`)}, api.Unsupported, "")
	s.refusesRecord(adapters.Record{Kind: adapters.KindCampaign, ID: 99, Document: []byte(`{"name":"C"}`)}, api.NotFound, "")
	s.refusesRecord(adapters.Record{Kind: adapters.KindQR, Document: []byte(`{"type":"link","data":"javascript:alert(1)"}`)}, api.Invalid, "data")
	s.refusesRecord(adapters.Record{Kind: adapters.KindQR, ID: 99, Document: []byte(`{"type":"text","data":"x"}`)}, api.NotFound, "")
	hashed := linkRecord(`{'url':'https://example.com/','custom':'hashed'}`)
	hashed.PasswordHash = "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	s.refusesRecord(hashed, api.Invalid, "password")
	if _, err := s.adapter.Export(t.Context(), "main", "bio", 0, 1); api.AsError(err).Code != api.Unsupported {
		t.Errorf("Export of what there is not = %v", err)
	}
}

func TestAdapter_ImportReplaces(t *testing.T) {
	s := newSite(t)
	s.logos.body = picture(t, 10)
	fill(s)
	link := linkRecord(`{'url':'https://example.com/new','custom':'full','domain':'b.example'}`)
	link.ID, link.Clicks, link.Untold = 2, 12, []string{"languagetarget", "password", "channels", "clicklimit", "type"}
	is := s.imports(link)[0]
	if !is.Existing || is.Stored.PasswordHash == "" || is.Stored.Clicks != 12 || !slices.Equal(is.Stored.Channels, []int64{1, 2}) {
		t.Errorf("the replaced link is %+v", is)
	}
	want := body(`{"url":"https://example.com/new","custom":"full","type":"overlay-2","domain":"b.example",` +
		`"languagetarget":[{"language":"ko","link":"https://example.com/ko"}],"channel":1,"clicklimit":9}`)
	if got := string(is.Stored.Document); got != want {
		t.Errorf("the replaced link is\n%s; want\n%s", got, want)
	}
	link.Untold, link.Clicks = nil, -1
	if is = s.imports(link)[0]; is.Stored.Protected || is.Stored.Clicks != 12 || is.Stored.Channels != nil ||
		string(is.Stored.Document) != `{"url":"https://example.com/new","custom":"full","domain":"b.example"}` {
		t.Errorf("the link that is told whole is %+v", is)
	}
	for _, r := range []struct {
		record adapters.Record
		want   string
	}{
		{
			adapters.Record{Kind: adapters.KindOverlay, ID: 2, Document: []byte(body(`{'name':'C','type':'contact','message':'M'}`)), Untold: []string{"email", "link"}},
			`{'name':'C','type':'contact','message':'M','link':'https://example.com/','email':'a@b.example','position':'bottomright'}`,
		},
		{adapters.Record{Kind: adapters.KindCampaign, ID: 2, Document: []byte(`{"name":"C"}`), Untold: []string{"slug"}}, `{'name':'C','slug':'spring'}`},
		{adapters.Record{Kind: adapters.KindDomain, ID: 2, Document: []byte(body(`{'domain':'http://b.example'}`))}, `{'domain':'http://b.example'}`},
		{
			adapters.Record{Kind: adapters.KindQR, ID: 2, Document: []byte(body(`{'type':'link','data':'https://example.com/qr2'}`)), Untold: []string{"logo", "name"}},
			`{'type':'link','data':'https://example.com/qr2','logo':'https://example.com/logo.png','name':'Poster'}`,
		},
	} {
		done := s.imports(r.record)[0]
		if got := string(done.Stored.Document); got != body(r.want) || !done.Existing {
			t.Errorf("the replaced %s is\n%s; want\n%s", r.record.Kind, got, body(r.want))
		}
	}
	if n := len(s.logos.asked); n != 1 || len(s.files.kept) != 1 {
		t.Errorf("the logo was fetched %d times and is there %d times; want once", n, len(s.files.kept))
	}
}

// A count that is beyond all reason does not keep others from being counted.
func TestAdapter_ImportHugeCounts(t *testing.T) {
	s := newSite(t)
	r := linkRecord(`{'url':'https://example.com/','custom':'huge'}`)
	r.Clicks, r.UniqueClicks, r.Taken = math.MaxInt64, math.MaxInt64, math.MaxInt64
	done := s.imports(r)[0]
	if done.Stored.Clicks != shortener.MaxCount || done.Stored.UniqueClicks != shortener.MaxCount {
		t.Errorf("the counts are %d and %d", done.Stored.Clicks, done.Stored.UniqueClicks)
	}
	s.expect(s.do(api.ListLinks, in{query: "order=click"}), map[string]string{"data.urls.0.id": fmt.Sprint(done.ID)})
}

// What was protected stays so, whoever knows the password.
func TestAdapter_ImportProtected(t *testing.T) {
	s := newSite(t)
	r := linkRecord(`{'url':'https://example.com/','custom':'closed'}`)
	r.Protected = true
	done := s.imports(r)[0]
	if !done.Stored.Protected || !shortener.IsPasswordHash(done.Stored.PasswordHash) {
		t.Fatalf("a link that was protected is %+v", done.Stored)
	}
	if ok, err := shortener.VerifyPassword(t.Context(), done.Stored.PasswordHash, ""); ok || err != nil {
		t.Errorf("no password opens it: %v, %v", ok, err)
	}
	if again := s.imports(r)[0]; again.Stored.PasswordHash != done.Stored.PasswordHash {
		t.Error("a second import has given it another password")
	}
}

func TestAdapter_ImportWithoutLogo(t *testing.T) {
	s := newSite(t)
	s.logos.err = errors.New("nobody there")
	done := s.imports(adapters.Record{
		Kind: adapters.KindQR, Document: []byte(`{"type":"text","data":"x","logo":"https://gone.example/logo.png"}`),
	})[0]
	if got := string(done.Stored.Document); got != `{"type":"text","data":"x","name":"Text"}` || len(s.files.kept) != 0 {
		t.Errorf("a code whose logo is gone is %s", got)
	}
}

// A link is opened as it is now, also where somebody has asked for it before.
func TestAdapter_ImportIsSeen(t *testing.T) {
	s := newSite(t)
	look := func(want string) {
		t.Helper()
		target, err := s.shortener.Resolve(t.Context(), "", "seen")
		if want == "" && err == nil || want != "" && target.URL != want {
			t.Errorf("the link leads to %q, %v; want %q", target.URL, err, want)
		}
	}
	look("")
	r := linkRecord(`{'url':'https://example.com/1','custom':'seen'}`)
	r.ID = s.imports(r)[0].ID
	look("https://example.com/1")
	r.Document = []byte(`{"url":"https://example.com/2","custom":"seen"}`)
	s.imports(r)
	look("https://example.com/2")
}

func TestAdapter_ImportUnavailable(t *testing.T) {
	s := newSite(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.adapter.Import(t.Context(), "main", []adapters.Record{linkRecord(`{'url':'https://example.com/','custom':'one'}`)})
	if api.AsError(err).Code != api.Unavailable {
		t.Errorf("Import() without a database = %v; want unavailable", err)
	}
	if _, err = s.adapter.Export(t.Context(), "main", adapters.KindLink, 0, 1); api.AsError(err).Code != api.Unavailable {
		t.Errorf("Export() without a database = %v; want unavailable", err)
	}
	done, err := s.adapter.Import(t.Context(), "main", []adapters.Record{{Kind: adapters.KindCampaign, Document: []byte(`{"name":"C"}`), Created: time.Now()}})
	if err != nil || done[0].Err == nil || done[0].Err.Code != api.Unavailable {
		t.Errorf("Import() of a campaign without a database = %+v, %v; want it unavailable", done, err)
	}
}
