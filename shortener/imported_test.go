package shortener_test

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/shortener"
)

func TestShortener_CheckImported(t *testing.T) {
	s := shortener.New(shortener.Config{
		Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}, Schemes: []string{"mailto", "intent"},
		Reserved: func(alias string) bool { return alias == "api" },
		Blocked:  func(string) bool { return true },
	})
	ok := shortener.Link{Alias: "alias", URL: "https://example.com/", Type: "direct"}
	for name, tt := range map[string]struct {
		change func(l *shortener.Link)
		field  string
	}{
		"fine":         {func(*shortener.Link) {}, ""},
		"over":         {func(l *shortener.Link) { l.Expires = time.Unix(1, 0) }, ""},
		"own site":     {func(l *shortener.Link) { l.URL = "https://go.example.com/other" }, ""},
		"scheme":       {func(l *shortener.Link) { l.URL = "mailto:a@example.com" }, ""},
		"unknown rule": {func(l *shortener.Link) { l.Options.Geo = []shortener.GeoRule{{Location: "Atlantis", Link: ok.URL}} }, ""},
		"overlay":      {func(l *shortener.Link) { l.Type = "overlay-12" }, ""},
		"remote":       {func(l *shortener.Link) { l.Kind, l.Alias = shortener.KindRemote, "main/7" }, ""},
		"code of text": {func(l *shortener.Link) {
			l.Kind, l.URL, l.Options.QR = shortener.KindQR, "", &shortener.QR{Type: "text"}
		}, ""},

		"no address": {func(l *shortener.Link) { l.URL = "" }, "url"},
		"script":     {func(l *shortener.Link) { l.URL = "javascript:alert(1)" }, "url"},
		"no host":    {func(l *shortener.Link) { l.URL = "https:///x" }, "url"},
		"intent":     {func(l *shortener.Link) { l.URL = "intent://x#Intent;scheme=javascript;end" }, "url"},
		"script in rule": {func(l *shortener.Link) {
			l.Options.Devices = []shortener.DeviceRule{{Device: "iPhone", Link: "data:,x"}}
		}, "devicetarget[0].link"},
		"script at end": {func(l *shortener.Link) { l.Options.ExpiredURL = "vbscript:x" }, "expiredurl"},
		"alias":         {func(l *shortener.Link) { l.Alias = "a b" }, "custom"},
		"reserved":      {func(l *shortener.Link) { l.Alias = "api" }, "custom"},
		"type":          {func(l *shortener.Link) { l.Type = "<script>" }, "type"},
		"redirect":      {func(l *shortener.Link) { l.Options.RedirectCode = 200 }, "redirectcode"},
		"limit":         {func(l *shortener.Link) { l.Options.ClickLimit = -1 }, "clicklimit"},
		"no file":       {func(l *shortener.Link) { l.Kind = shortener.KindFile }, "file"},
		"no code":       {func(l *shortener.Link) { l.Kind = shortener.KindQR }, "qr"},
	} {
		l := ok
		tt.change(&l)
		checkField(t, name, s.CheckImported(&l), tt.field)
	}
}

func TestShortener_CheckImportedDomain(t *testing.T) {
	s := shortener.New(shortener.Config{Index: shortener.NewIndex(), OwnHosts: []string{"go.example.com"}})
	for name, tt := range map[string]struct {
		domain shortener.Domain
		field  string
	}{
		"fine":     {shortener.Domain{Host: "links.example.com", Scheme: "https", Redirect404: "https://example.com/"}, ""},
		"own":      {shortener.Domain{Host: "go.example.com", Scheme: "https"}, "domain"},
		"address":  {shortener.Domain{Host: "192.0.2.1", Scheme: "https"}, "domain"},
		"port":     {shortener.Domain{Host: "links.example.com:8080", Scheme: "https"}, "domain"},
		"spelling": {shortener.Domain{Host: "Links.example.com", Scheme: "https"}, "domain"},
		"scheme":   {shortener.Domain{Host: "links.example.com", Scheme: "javascript"}, "domain"},
		"root":     {shortener.Domain{Host: "links.example.com", Scheme: "https", RedirectRoot: "data:,x"}, "redirectroot"},
	} {
		checkField(t, name, s.CheckImportedDomain(&tt.domain), tt.field)
	}
}

// checkField reports an error that is not about the field, or any where it is
// empty.
func checkField(t *testing.T, name string, err error, field string) {
	t.Helper()
	if field == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	if e := api.AsError(err); err == nil || len(e.Fields) != 1 || e.Fields[0].Field != field {
		t.Errorf("%s: %v; want an error about %q", name, err, field)
	}
}
