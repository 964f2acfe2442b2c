package clients_test

import (
	"cmp"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// published is an operation as the published pages show it.
type published struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Query     string `json:"query"`
	Samples   []struct {
		Request  any             `json:"request"`
		Response json.RawMessage `json:"response"`
	} `json:"samples"`
}

// order is one in which all samples can be sent: what they speak of is made
// before and deleted after.
var order = []string{
	"getAccount", "updateAccount",
	"createChannel", "updateChannel", "createCampaign", "updateCampaign", "createPixel", "updatePixel", "createDomain", "updateDomain",
	"createLink", "updateLink", "assignLinkToCampaign", "assignItemToChannel",
	"createQRCode", "updateQRCode", "uploadFile",
	"listLinks", "listQRCodes", "listCampaigns", "listChannels", "listChannelItems", "listDomains", "listFiles", "listPixels",
	"listSplashPages", "listOverlays",
	"getLink", "getQRCode",
	"deleteQRCode", "deleteLink", "deletePixel", "deleteCampaign", "deleteChannel", "deleteDomain",
}

func mustReadPublished(t testing.TB) map[string]*published {
	t.Helper()
	text, err := os.ReadFile("../testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []*published
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	operations := map[string]*published{}
	for _, o := range list {
		operations[o.Operation] = o
	}
	if len(operations) != 35 || len(order) != 35 {
		t.Fatalf("%d operations, %d of them sent; want 35", len(operations), len(order))
	}
	return operations
}

// TestPublishedSamples runs the sample of every operation in every language, as
// the published pages print them, against every kind of backend. Each finds in
// its answer whatever the page prints there.
func TestPublishedSamples(t *testing.T) {
	operations := mustReadPublished(t)
	logo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, image.NewGray(image.Rect(0, 0, 16, 16)))
	}))
	t.Cleanup(logo.Close)
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			run := l.start(t)
			s := mustServe(t, "private_networks 127.0.0.0/8")
			for _, backend := range backends {
				t.Run(backend, func(t *testing.T) {
					w := &walk{t: t, language: l, run: run, base: s.base, backend: backend, logo: logo.URL + "/logo.png", ids: map[string]int64{}}
					does := w.does()
					w.authenticate(does["getAccount"])
					w.prepare(does["createSplashPage"])
					for _, name := range order {
						t.Run(name, func(t *testing.T) {
							w.t = t
							if does[name] {
								w.send(operations[name])
							} else {
								w.sendInVain(operations[name])
							}
						})
					}
				})
			}
		})
	}
}

// walk sends the samples of one language to one backend.
type walk struct {
	t        *testing.T
	language language
	run      runner
	base     string
	backend  string
	logo     string
	ids      map[string]int64 // of what was made, by its segment in paths
}

// authenticate runs the sample that the pages begin with.
func (w *walk) authenticate(does bool) {
	w.t.Helper()
	r := w.sample(w.language.first, "/api/account", "")
	if got := r.Status == http.StatusOK && gjson.Get(r.Output, "data.email").Exists(); got != does {
		w.t.Errorf("the account, to authenticate: %+v", r)
	}
}

// prepare makes what the pages have no way to make and do list, where the
// backend can.
func (w *walk) prepare(does bool) {
	w.t.Helper()
	for path, body := range map[string]string{
		"/api/splash/add":  `{"name":"Promo","message":"Hello","counter":0}`,
		"/api/overlay/add": `{"name":"Offer","message":"Hello"}`,
	} {
		if r := w.sample("POST", path, body); (r.Status == http.StatusOK) != does {
			w.t.Errorf("POST %s: %+v", path, r)
		}
	}
}

// does returns the operations that the backend has.
func (w *walk) does() map[string]bool {
	w.t.Helper()
	r := w.sample("GET", "/api/capabilities", "")
	if r.Status != http.StatusOK {
		w.t.Fatalf("the capabilities: %+v", r)
	}
	does := map[string]bool{}
	gjson.Get(r.Output, "operations").ForEach(func(name, c gjson.Result) bool {
		does[name.Str] = c.Get("support").Str != "refused"
		return true
	})
	return does
}

func (w *walk) sample(method, path, body string) ran {
	w.t.Helper()
	return w.run(w.t, mustFill(w.t, w.language.form, sample{Method: method, URL: w.base + path, Key: keyOf(w.backend), Body: body}))
}

// sendInVain runs the sample of an operation that the backend lacks, and is
// told so.
func (w *walk) sendInVain(o *published) {
	w.t.Helper()
	r := w.read(o)
	if w.backend == native || w.backend == script {
		w.t.Errorf("the backend lacks %s, which the pages have", o.Operation)
	}
	if r.Status != http.StatusNotImplemented || gjson.Get(r.Output, "error").Int() == 0 || !strings.Contains(gjson.Get(r.Output, "message").Str, w.backend) {
		w.t.Errorf("%s, which the backend lacks: %d %s", o.Operation, r.Status, r.Output)
	}
}

// read runs the sample of an operation. Whatever is answered is JSON with a
// number that says whether it is an error.
func (w *walk) read(o *published) ran {
	w.t.Helper()
	r := w.sample(o.Method, w.path(o), w.language.body(w.t, w.document(o)))
	if r.Failure != "" || !gjson.Valid(r.Output) || gjson.Get(r.Output, "error").Type != gjson.Number {
		w.t.Fatalf("%s: %+v", o.Operation, r)
	}
	return r
}

// send runs the sample of an operation, which succeeds.
func (w *walk) send(o *published) {
	w.t.Helper()
	r := w.read(o)
	if r.Status != http.StatusOK || gjson.Get(r.Output, "error").Int() != 0 {
		w.t.Fatalf("%s: %d %s", o.Operation, r.Status, r.Output)
	}
	if o.Method == http.MethodPost && gjson.Get(r.Output, "id").Exists() {
		w.ids[kind(o.Path)] = gjson.Get(r.Output, "id").Int()
	}
	for _, s := range o.Samples {
		for _, path := range absent("", gjson.ParseBytes(s.Response), gjson.Parse(r.Output)) {
			w.t.Errorf("%s: no %s, which the page prints, in %s", o.Operation, path, r.Output)
		}
	}
}

// kind is the segment of a path that says what it is about.
func kind(path string) string { return strings.Split(path, "/")[2] }

// id is that of what was made of the kind, and 1 where none can be made.
func (w *walk) id(kind string) int64 { return cmp.Or(w.ids[kind], 1) }

// path is the operation's, with the ids of what was made before.
func (w *walk) path(o *published) string {
	id := func(kind string) string { return strconv.FormatInt(w.id(kind), 10) }
	path := strings.NewReplacer(":campaignid", id("campaign"), ":channelid", id("channel"), ":linkid", id("url"), ":itemid", id("url"),
		":id", id(kind(o.Path)), ":type", "links", ":filename", "photo.jpg").Replace(o.Path)
	if o.Query != "" {
		path += "?" + o.Query
	}
	return path
}

// document is the sample's own, but for what it names and is not there: ids, a
// day that has not passed, a picture. It is nil for none.
func (w *walk) document(o *published) any {
	document, ok := o.Samples[0].Request.(map[string]any)
	if !ok {
		return o.Samples[0].Request
	}
	changed := map[string]any{}
	for name, value := range document {
		switch name {
		case "expiry":
			value = "2099-11-11 12:00:00"
		case "logo":
			value = w.logo
		case "pixels":
			value = []int64{w.id("pixel")}
		case "channel", "campaign":
			value = w.id(name)
		}
		changed[name] = value
	}
	return changed
}
