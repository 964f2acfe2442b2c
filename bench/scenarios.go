package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// The keys of the bench's configuration; the first one is the backends'.
const (
	backendKey  = "0123456789abcdef0123"
	gempixelKey = "1111222233334444aaaa"
	dglnkKey    = "1111222233334444bbbb"
	nativeKey   = "1111222233334444cccc"
)

const (
	links       = 1000
	destination = "https://www.example.com/landing"
)

// addresses is where the parts of a scenario listen. Admin is empty where no
// profile is taken.
type addresses struct {
	linkquay, caddy, upstream, admin string
}

// scenario is one kind of work, done by Linkquay and by what Caddy itself has
// for it.
type scenario struct {
	name  string
	about string

	// caddy is the site block of Caddy's own way.
	caddy func(at addresses) string

	// prepare makes what is needed and returns the load of both sides.
	prepare func(ctx context.Context, at addresses) (linkquay, caddy *target, err error)
}

var scenarios = []scenario{
	{"gempixel", "creating a link on a GemPixel site ÷ reverse_proxy of the same request", proxy, prepareGempixel},
	{"dglnk", "creating a link on dgLnk, with the ledger ÷ reverse_proxy of the translated request, without one", proxy, prepareDgLnk},
	{"redirect", "visiting one of 1,000 short links, counted ÷ redir to one fixed address", redir, prepareRedirect},
}

func proxy(at addresses) string { return "reverse_proxy " + at.upstream }

func redir(addresses) string { return "redir " + destination + " 302" }

func caddyfile(options, address, site string) string {
	return fmt.Sprintf("{\n%s\tpersist_config off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\nhttp://%s {\n\t%s\n}\n", options, address, site)
}

// linkquayCaddyfile is the configuration of the side that is measured.
func linkquayCaddyfile(at addresses) string {
	admin := "off"
	if at.admin != "" {
		admin = at.admin
	}
	options := fmt.Sprintf(`	admin %s
	linkquay {
		database sqlite linkquay.db
		rate_limit off
		backend kr gempixel http://%s {
			api_key %s
		}
		backend dg dglnk http://%s {
			api_key %s
		}
		key gem %s {
			backend kr
		}
		key dgl %s {
			backend dg
		}
		key nat %s
	}
`, admin, at.upstream, backendKey, at.upstream, backendKey, gempixelKey, dglnkKey, nativeKey)
	return caddyfile(options, at.linkquay, "linkquay")
}

func caddyCaddyfile(at addresses, site string) string {
	return caddyfile("\tadmin off\n", at.caddy, site)
}

// createBody is the published sample of creating a link, the expiry moved into
// the future and its last parameter given its name and value.
func createBody() string {
	return `{"url":"https:\/\/google.com","status":"private","custom":"google","password":"mypass","expiry":"` + nextYear() + `","type":"splash",` +
		`"metatitle":"Not Google","metadescription":"Not Google description",` +
		`"metaimage":"https:\/\/www.mozilla.org\/media\/protocol\/img\/logos\/firefox\/browser\/og.4ad05d4125a5.png",` +
		`"description":"For facebook","pixels":[1,2,3,4],"channel":1,"campaign":1,` +
		`"deeplink":{"auto":true,"apple":"https:\/\/apps.apple.com\/us\/app\/google\/id284815942",` +
		`"google":"https:\/\/play.google.com\/store\/apps\/details?id=com.google.android.googlequicksearchbox&hl=en_CA&gl=US"},` +
		`"geotarget":[{"location":"Canada","link":"https:\/\/google.ca"},{"location":"United States","link":"https:\/\/google.us"}],` +
		`"devicetarget":[{"device":"iPhone","link":"https:\/\/google.com"},{"device":"Android","link":"https:\/\/google.com"}],` +
		`"languagetarget":[{"language":"en","link":"https:\/\/google.com"},{"language":"fr","link":"https:\/\/google.ca"}],` +
		`"parameters":[{"name":"aff","value":"3"},{"name":"gtm_source","value":"api"}]}`
}

// dglnkBody holds what dgLnk can express.
func dglnkBody() string {
	return `{"url":"https:\/\/google.com","expiry":"` + nextYear() + `","metatitle":"Not Google",` +
		`"geotarget":[{"location":"Canada","link":"https:\/\/google.ca"},{"location":"United States","link":"https:\/\/google.us"}],` +
		`"devicetarget":[{"device":"mobile","link":"https:\/\/google.com"}]}`
}

func nextYear() string { return time.Now().AddDate(1, 0, 0).Format(time.DateOnly) + " 12:00:00" }

func prepareGempixel(ctx context.Context, at addresses) (linkquay, caddy *target, err error) {
	want := []string{`"error":0`, `"id":3`, `"shorturl":"https://1mm.kr/google"`}
	linkquay = &target{at.linkquay, []request{post(at.linkquay, gempixelPath, gempixelKey, createBody(), want...)}}
	caddy = &target{at.caddy, []request{post(at.caddy, gempixelPath, backendKey, createBody(), want...)}}
	return linkquay, caddy, try(ctx, linkquay, caddy)
}

func prepareDgLnk(ctx context.Context, at addresses) (linkquay, caddy *target, err error) {
	linkquay = &target{at.linkquay, []request{
		post(at.linkquay, gempixelPath, dglnkKey, dglnkBody(), `"error":0`, `"shorturl":"https://sml.life/oV5Ox"`),
	}}
	if err := try(ctx, linkquay); err != nil {
		return nil, nil, err
	}
	translated, err := once(ctx, at.upstream, &request{
		bytes:    []byte("GET " + capturedPath + " HTTP/1.1\r\nHost: " + at.upstream + "\r\n\r\n"),
		status:   http.StatusOK,
		contains: []string{`"long_url"`, `"rules"`, `"expires_at"`, `"title"`},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("asking for the translated body: %w", err)
	}
	caddy = &target{at.caddy, []request{
		post(at.caddy, dglnkPath+"?api_token="+backendKey, "", string(translated), `"status":"success"`, `"short_url":"https://sml.life/oV5Ox"`),
	}}
	return linkquay, caddy, try(ctx, caddy)
}

func prepareRedirect(ctx context.Context, at addresses) (linkquay, caddy *target, err error) {
	linkquay = &target{address: at.linkquay}
	for i := range links {
		to := destination + "/" + strconv.Itoa(i)
		create := post(at.linkquay, gempixelPath, nativeKey, `{"url":"`+to+`"}`, `"error":0`)
		body, err := once(ctx, at.linkquay, &create)
		if err != nil {
			return nil, nil, fmt.Errorf("creating a link: %w", err)
		}
		short, err := url.Parse(gjson.GetBytes(body, "shorturl").String())
		if err != nil || short.Host != at.linkquay {
			return nil, nil, errors.New("creating a link: its short URL is not on the site")
		}
		linkquay.requests = append(linkquay.requests, get(at.linkquay, short.Path, to))
	}
	caddy = &target{at.caddy, []request{get(at.caddy, "/abcdefg", destination)}}
	return linkquay, caddy, try(ctx, linkquay, caddy)
}

// try sends the first request of each target once, for a clear error where
// something is wrong from the beginning.
func try(ctx context.Context, targets ...*target) error {
	for _, t := range targets {
		if _, err := once(ctx, t.address, &t.requests[0]); err != nil {
			return err
		}
	}
	return nil
}

func post(host, path, key, body string, contains ...string) request {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Linkquay-Bench/1\r\nAccept: application/json\r\n", path, host)
	if key != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", key)
	}
	fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return request{bytes: []byte(b.String()), status: http.StatusOK, contains: contains}
}

func get(host, path, location string) request {
	text := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"+
		"Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n\r\n", path, host)
	return request{bytes: []byte(text), status: http.StatusFound, location: location}
}
