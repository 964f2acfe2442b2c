package openapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linkquay/linkquay/api"
)

const (
	pageFields = `"result":1,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":1`
	linkRow    = `{"id":2,"alias":"g","shorturl":"https://s/g","longurl":"https://g","clicks":0,"uniqueclicks":0,"title":null,"description":"",` +
		`"domain":"https://s","campaign":null,"channel":[],"date":"2020-11-10 18:01:43","newer":{"field":1}}`
	linkDetails = `{"id":1,"shorturl":"https://s/g","longurl":"https://g","location":0,"device":[],"language":null,"expiry":null,"date":"2020-11-10 18:01:43",` +
		`"url":"https://g","custom":"g","type":"direct","has_password":true,"pixels":[1],"channel":null,"campaign":3,"deeplink":{"auto":true},` +
		`"geotarget":[{"location":"Canada","link":"https://g"}],"status":"private"}`
	visitCounts = `{"clicks":3,"uniqueClicks":2,"bots":1,"previews":0,"scans":0`
	statistics  = `{"clicks":3,"uniqueClicks":2,"topCountries":{"Canada":"2","Peru":1},"topReferrers":0,"topBrowsers":[],"topOs":null,"socialCount":{"facebook":0}}`
)

func TestOperation_ValidateReply(t *testing.T) {
	c := mustLoad(t)
	for _, tt := range []struct {
		name   string
		op     api.Operation
		status int
		reply  string
		want   string // In the error; empty for none.
	}{
		{"live row", api.ListLinks, 200, `{"error":0,"data":{` + pageFields + `,"urls":[` + linkRow + `]}}`, ""},
		{"empty page", api.ListLinks, 200, `{"error":0,"data":{"result":0,"perpage":15,"currentpage":1,"nextpage":null,"maxpage":0,"urls":[]}}`, ""},
		{"short hit", api.ListLinks, 200, `{"error":0,"id":1,"details":` + linkDetails + `,"data":{"clicks":3,"urls":[` + linkRow + `]}}`, ""},
		{"short miss", api.ListLinks, 200, `{"error":1,"message":"Link not found. Please try again.","msg":"Link not found. Please try again."}`, ""},
		{"details", api.GetLink, 200, `{"error":0,"id":1,"details":` + linkDetails + `,"data":` + statistics + `}`, ""},
		{"both spellings", api.CreateLink, 200, `{"error":0,"id":3,"shorturl":"https://s/g","short":"https://s/g","warnings":[{"field":"pixels","message":"is ignored"}]}`, ""},
		{"campaign names", api.CreateCampaign, 200, `{"error":0,"id":3,"campaign":"N","domain":"N","name":"N","public":true,"rotator":false,"list":null}`, ""},
		{"our details", api.GetLink, 200, `{"error":0,"details":{"id":1,"shorturl":"s","longurl":"l","redirectcode":301,"clicklimit":null,"startdate":null,"expiredurl":"","externalid":"x","forwardquery":true},"data":{"clicks":1}}`, ""},
		{"channel itself", api.ListChannelItems, 200, `{"error":0,"data":{` + pageFields + `,"items":[],"channel":{"id":1,"name":"N","starred":false}}}`, ""},
		{"campaign", api.GetCampaign, 200, `{"error":0,"data":{"id":3,"campaign":"N","public":true,"rotator":"https://s/r/n"}}`, ""},
		{"many links", api.CreateLinks, 200, `{"error":0,"data":{"created":1,"failed":1,"results":[{"error":0,"id":1,"shorturl":"https://s/g","short":"https://s/g"},{"error":1,"message":"m","errors":{"url":["m"]}}]}}`, ""},
		{"statistics", api.GetLinkStatistics, 200, `{"error":0,"data":{"from":"2030-01-01 00:00:00","to":"2030-01-31 00:00:00","interval":"day",` +
			`"total":` + visitCounts + `},"series":[` + visitCounts + `,"time":"2030-01-01 00:00:00"}],"dimensions":{"countries":[{"name":"Canada","clicks":3,"series":[{"time":"2030-01-01 00:00:00","clicks":3}]}],"social":[]}}}`, ""},
		{"orphans", api.ListOrphanVisits, 200, `{"error":0,"data":{` + pageFields + `,"orphans":[{"domain":"s","path":"/x","visits":2,"last":"2030-01-01 00:00:00"}]}}`, ""},
		{"overlays", api.ListOverlays, 200, `{"error":0,"data":{` + pageFields + `,"cta":[{"id":1,"type":"message","name":"N"}],"overlay":[{"id":1}]}}`, ""},
		{"files", api.ListFiles, 200, `{"error":0,` + pageFields + `,"list":[]}`, ""},
		{"capabilities", api.GetCapabilities, 200, `{"error":0,"backend":"kr","operations":{"createLink":{"support":"native","fields":{"type":{"support":"refused","values":{"direct":"native"}}}}}}`, ""},
		{"health", api.GetHealth, 200, `{"error":0,"status":"ok"}`, ""},
		{"limit spent", api.CreateLink, 429, `{"error":429,"message":"Too Many Requests. Please retry later.","Retry-After":41}`, ""},
		{"invalid", api.CreateLink, 400, `{"error":1,"message":"m","msg":"m","errors":{"geotarget[0].link":["is required"]}}`, ""},
		{"starting", api.GetHealth, 503, `{"error":1,"message":"m"}`, ""},

		{"ErrTextError", api.GetAccount, 200, `{"error":"0","data":{"id":1,"email":"hunter2"}}`, "error must be one of 0"},
		{"ErrFailure", api.GetLink, 200, `{"error":1,"message":"hunter2"}`, "error must be one of 0; details is required; data is required"},
		{"ErrRow", api.ListLinks, 200, `{"error":0,"data":{` + pageFields + `,"urls":[{"id":"hunter2","shorturl":"hunter2","longurl":1}]}}`, "data.urls[0].id must be an integer; data.urls[0].longurl must be a string"},
		{"ErrMissZero", api.ListLinks, 200, `{"error":0,"message":"hunter2"}`, "error must be at least 1"},
		{"ErrManyLinks", api.CreateLinks, 200, `{"error":0,"data":{"created":1,"failed":0,"results":[{"error":0,"id":1}]}}`, "data.results[0]"},
		{"ErrNoShort", api.CreateLink, 200, `{"error":0,"id":3}`, "shorturl is required"},
		{"ErrCount", api.GetLink, 200, `{"error":0,"details":` + linkDetails + `,"data":{"clicks":1.5}}`, "data.clicks must be an integer"},
		{"ErrTargets", api.GetLink, 200, `{"error":0,"details":{"id":1,"shorturl":"s","longurl":"l","location":"hunter2"},"data":{"clicks":1}}`, "details.location has none of the allowed forms"},
		{"ErrErrorZero", api.CreateLink, 400, `{"error":0,"message":"hunter2"}`, "error must be at least 1"},
		{"ErrStatus", api.CreateLink, 201, `{"error":0}`, "the contract has no status 201 for createLink"},
		{"ErrHTML", api.CreateLink, 200, `<html>hunter2`, "The body is not valid JSON at byte 1."},
		{"ErrEmpty", api.CreateLink, 200, ``, "it ends too early"},
		{"ErrArray", api.CreateLink, 200, `["hunter2"]`, "must be an object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := c.Operation(tt.op).ValidateReply(tt.status, []byte(tt.reply))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("ValidateReply() = %v; want %q and no value", err, tt.want)
			}
		})
	}
}

func TestOperation_ValidateReply_Bound(t *testing.T) {
	rows := strings.Repeat(`{"id":0},`, 1000)
	reply := fmt.Sprintf(`{"error":0,"data":{%s,"pixels":[%s{"id":0}]}}`, pageFields, rows)
	err := mustLoad(t).Operation(api.ListPixels).ValidateReply(200, []byte(reply))
	if err == nil || len(err.Error()) > 400 || !strings.Contains(err.Error(), "; and 1997 more") {
		t.Errorf("ValidateReply() = %v; want five problems and a count", err)
	}
}

func TestOperation_ErrorReplies(t *testing.T) {
	statuses := []int{400, 401, 403, 404, 405, 429, 500, 501, 503}
	for _, op := range mustLoad(t).Operations() {
		want := statuses
		switch {
		case op.Scope == 0:
			want = []int{405, 500, 503}
		case op.Body != NoBody:
			want = append(want[:len(want):len(want)], 413)
		}
		for _, status := range want {
			if err := op.ValidateReply(status, []byte(`{"error":1,"message":"m"}`)); err != nil {
				t.Error(err)
			}
		}
	}
}
