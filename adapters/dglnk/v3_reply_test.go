package dglnk

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"
	"github.com/tidwall/sjson"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// TestVersion3_AnyReply: whatever becomes of any member of any reply, the client
// gets an answer by the contract or a coded error.
func TestVersion3_AnyReply(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := harness3()
	replies := map[api.Operation][]byte{}
	var target atomic.Value // the operation whose reply is another one
	var changed atomic.Value
	mux := http.NewServeMux()
	for pattern, id := range h.Routes {
		if replies[id], err = os.ReadFile(filepath.Join(h.Replies, string(id)+".json")); err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if id == target.Load() {
				_, _ = w.Write(changed.Load().([]byte))
				return
			}
			_, _ = w.Write(replies[id])
		})
	}
	replies[api.ListLinks], replies[api.GetLink] = mustFull(t, replies[api.ListLinks], "pagination.data.0"), mustFull(t, replies[api.GetLink], "link")
	f := h.MustStart(t, adaptertest.Setup{})
	f.Site.Fail(func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) { mux.ServeHTTP(w, r) })

	uses := map[api.Operation][]api.Operation{
		api.GetLink:           {api.UpdateLink, api.DeleteLink, api.GetLinkStatistics},
		api.ListLinks:         {api.ListLinks},
		api.GetLinkStatistics: {api.GetLink},
		api.ListDomains:       {api.CreateLink},
		api.GetCampaign:       {api.CreateLink, api.UpdateCampaign},
		api.GetPixel:          {api.UpdatePixel},
	}
	for id, reply := range replies {
		target.Store(id)
		calls := []*api.Call{f.MustCall(t, id)}
		for _, other := range uses[id] {
			call := f.MustCall(t, other)
			switch other {
			case api.CreateLink:
				call.Document = []byte(`{"url":"https://example.com/","domain":"go.example.com","campaign":1}`)
			case api.UpdateLink:
				call.Document = []byte(`{"geotarget":[],"parameters":[{"name":"a","value":"b"}]}`)
			case api.ListLinks:
				call.Query.Set("short", "spring24")
			}
			calls = append(calls, call)
		}
		for _, path := range paths(gjson.ParseBytes(reply), "") {
			for _, value := range []string{"", `null`, `true`, `-1`, `1e300`, `""`, `"x"`, `[]`, `{}`, `[1,null,{}]`, `{"a":{"b":[]}}`} {
				document, err := sjson.SetRawBytes(reply, path, []byte(value))
				if value == "" {
					document, err = sjson.DeleteBytes(reply, path)
				}
				if err != nil {
					t.Fatal(err)
				}
				changed.Store(document)
				for _, call := range calls {
					got, err := f.Backend.Do(t.Context(), call)
					if err != nil {
						if _, ok := errors.AsType[*api.Error](err); !ok {
							t.Errorf("%s where %s is %q: %v; want a coded error", call.Operation, path, value, err)
						}
						continue
					}
					if err := contract.Operation(call.Operation).ValidateReply(http.StatusOK, got.Document); err != nil {
						t.Errorf("%s where %s is %q: %v\n%s", call.Operation, path, value, err, got.Document)
					}
				}
			}
		}
	}
}

// paths are those of all members of a document.
func paths(v gjson.Result, at string) []string {
	if !v.IsObject() && !v.IsArray() {
		return nil
	}
	var all []string
	i := 0
	v.ForEach(func(key, v gjson.Result) bool {
		name := key.String()
		if key.Type != gjson.String {
			name = strconv.Itoa(i)
		}
		i++
		path := at + name
		all = append(append(all, path), paths(v, path+".")...)
		return true
	})
	return all
}

// mustFull is a reply with a link in it that has everything.
func mustFull(t *testing.T, reply []byte, path string) []byte {
	t.Helper()
	full, err := os.ReadFile("../../testdata/upstream/dglnk3/getLink-full.json")
	if err != nil {
		t.Fatal(err)
	}
	reply, err = sjson.SetRawBytes(reply, path, []byte(gjson.GetBytes(full, "link").Raw))
	if err != nil {
		t.Fatal(err)
	}
	return reply
}
