package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// addresses is where the parts of a scenario listen.
type addresses struct {
	linkquay, caddy, upstream, admin string
}

// scenario is one kind of work, done by Linkquay and by what Caddy itself has
// for it.
type scenario struct {
	name  string
	about string

	// links stand in the database from the beginning.
	links links

	// everyLink has each of them visited once before anything is measured, and
	// says what memory that took.
	everyLink bool

	// cold starts Linkquay anew for each of its rounds.
	cold bool

	// clients is how many connections there are at once; 0 means as many as
	// the flag says.
	clients int

	// caddy is the site block of Caddy's own way.
	caddy func(at addresses) string

	// targets returns the load of both sides.
	targets func(ctx context.Context, at addresses, l links) (linkquay, caddy *target, err error)
}

// few is how many links the small scenarios have.
const few = 1000

// scenarios returns all of them, in the order in which they run.
func scenarios(many int) []scenario {
	visiting := " ÷ redir to one fixed address"
	return []scenario{
		{
			name: "gempixel", about: "creating a link on a GemPixel site ÷ reverse_proxy of the same request",
			caddy: proxy, targets: gempixelTargets,
		},
		{
			name: "dglnk", about: "creating a link on dgLnk, with the ledger ÷ reverse_proxy of the translated request, without one",
			caddy: proxy, targets: dglnkTargets,
		},
		{
			name: "create-1", about: "one client who creates durable links ÷ reverse_proxy of the same request",
			clients: 1, caddy: proxy, targets: createTargets,
		},
		{
			name: "create-64", about: "64 clients who create durable links ÷ reverse_proxy of the same request",
			clients: 64, caddy: proxy, targets: createTargets,
		},
		{
			name: "redirect", about: fmt.Sprintf("visiting one of %d short links, counted", few) + visiting,
			links: links{count: few}, caddy: redir, targets: visitTargets,
		},
		{
			name: "redirect-rules", about: fmt.Sprintf("visiting one of %d short links with six rules each, counted", few) + visiting,
			links: links{count: few, rules: true}, caddy: redir, targets: visitTargets,
		},
		{
			name: "redirect-1m", about: fmt.Sprintf("visiting one of %d short links, all visited before, counted", many) + visiting,
			links: links{count: many}, everyLink: true, caddy: redir, targets: visitTargets,
		},
		{
			name: "redirect-cold", about: fmt.Sprintf("visiting one of %d short links on a server just started, counted", many) + visiting,
			links: links{count: many}, cold: true, caddy: redir, targets: visitTargets,
		},
	}
}

// choose returns the scenarios of those names, or all.
func choose(all []scenario, only string) ([]scenario, error) {
	if only == "" {
		return all, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func proxy(at addresses) string { return "reverse_proxy " + at.upstream }

func redir(addresses) string { return "redir " + destination + " 302" }

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

func gempixelTargets(_ context.Context, at addresses, _ links) (linkquay, caddy *target, err error) {
	want := []string{`"error":0`, `"id":3`, `"shorturl":"https://1mm.kr/google"`}
	return always(at.linkquay, post(at.linkquay, gempixelPath, gempixelKey, createBody(), want...)),
		always(at.caddy, post(at.caddy, gempixelPath, backendKey, createBody(), want...)), nil
}

func dglnkTargets(ctx context.Context, at addresses, _ links) (linkquay, caddy *target, err error) {
	create := post(at.linkquay, gempixelPath, dglnkKey, dglnkBody(), `"error":0`, `"shorturl":"https://sml.life/oV5Ox"`)
	if _, err := once(ctx, at.linkquay, &create); err != nil {
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
	return always(at.linkquay, create), always(at.caddy,
		post(at.caddy, dglnkPath+"?api_token="+backendKey, "", string(translated), `"status":"success"`, `"short_url":"https://sml.life/oV5Ox"`)), nil
}

func createTargets(_ context.Context, at addresses, _ links) (linkquay, caddy *target, err error) {
	return creates(at.linkquay, nativeKey, `"error":0`, `"shorturl":"http://`+at.linkquay+"/"),
		creates(at.caddy, backendKey, `"error":0`, `"shorturl":"`), nil
}

func visitTargets(_ context.Context, at addresses, l links) (linkquay, caddy *target, err error) {
	if l.count == 0 {
		return nil, nil, errors.New("there is no link to visit")
	}
	return visits{address: at.linkquay, links: l}.atRandom(),
		visits{address: at.caddy, links: l, to: destination}.atRandom(), nil
}
