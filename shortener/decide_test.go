package shortener

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const (
	iPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
	pixel8  = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36"
	windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36"
)

func TestDecide(t *testing.T) {
	const to, instead = "https://example.com/to", "https://example.com/instead"
	before, after := now.Add(-time.Second), now.Add(time.Second)
	auto := &DeepLink{Auto: true}
	for name, c := range map[string]struct {
		link    Link
		visitor Visitor
		want    Decision
	}{
		"Plain":             {Link{URL: to}, Visitor{}, Decision{Redirect, to, 302, false, false}},
		"Code":              {Link{URL: to, Options: Options{RedirectCode: 308}}, Visitor{}, Decision{Redirect, to, 308, false, false}},
		"StartsNow":         {Link{URL: to, Options: Options{Starts: now}}, Visitor{}, Decision{Redirect, to, 302, false, false}},
		"StartsLater":       {Link{URL: to, Options: Options{Starts: after}}, Visitor{}, Decision{NotStarted, "", 302, false, false}},
		"StartsLaterURL":    {Link{URL: to, Options: Options{Starts: after, ExpiredURL: instead}}, Visitor{}, Decision{NotStarted, instead, 302, false, false}},
		"ExpiresLater":      {Link{URL: to, Expires: after}, Visitor{}, Decision{Redirect, to, 302, false, false}},
		"ExpiresNow":        {Link{URL: to, Expires: now}, Visitor{}, Decision{Ended, "", 302, false, false}},
		"Expired":           {Link{URL: to, Expires: before}, Visitor{}, Decision{Ended, "", 302, false, false}},
		"ExpiredURL":        {Link{URL: to, Expires: before, Options: Options{ExpiredURL: instead, RedirectCode: 301}}, Visitor{}, Decision{Ended, instead, 302, false, false}},
		"ExpiredLocked":     {Link{URL: to, Expires: before, PasswordHash: "x"}, Visitor{}, Decision{Ended, "", 302, false, false}},
		"Locked":            {Link{URL: to, PasswordHash: "x"}, Visitor{}, Decision{Outcome: AskPassword}},
		"LockedPreview":     {Link{URL: to, PasswordHash: "x", MetaTitle: "secret"}, Visitor{Preview: true}, Decision{Outcome: AskPassword}},
		"Unlocked":          {Link{URL: to, PasswordHash: "x", Options: Options{RedirectCode: 307}}, Visitor{Unlocked: true}, Decision{Redirect, to, 303, false, false}},
		"UnlockedWithout":   {Link{URL: to, Options: Options{RedirectCode: 307}}, Visitor{Unlocked: true}, Decision{Redirect, to, 307, false, false}},
		"Limited":           {Link{URL: to, Options: Options{ClickLimit: 1}}, Visitor{}, Decision{Redirect, to, 302, true, false}},
		"LimitedBot":        {Link{URL: to, Options: Options{ClickLimit: 1}}, Visitor{Automatic: true}, Decision{Redirect, to, 302, false, true}},
		"LimitedPreview":    {Link{URL: to, Options: Options{ClickLimit: 1}}, Visitor{Preview: true}, Decision{Redirect, to, 302, false, true}},
		"LimitedLocked":     {Link{URL: to, PasswordHash: "x", Options: Options{ClickLimit: 1}}, Visitor{}, Decision{Outcome: AskPassword}},
		"Preview":           {Link{URL: to, MetaTitle: "x"}, Visitor{Preview: true}, Decision{ShowPreview, to, 302, false, false}},
		"PreviewByImage":    {Link{URL: to, MetaImage: "x", Type: "frame"}, Visitor{Preview: true}, Decision{ShowPreview, to, 302, false, false}},
		"PreviewOfNothing":  {Link{URL: to, Type: "splash"}, Visitor{Preview: true}, Decision{Redirect, to, 302, false, false}},
		"MetaForHumans":     {Link{URL: to, MetaTitle: "x"}, Visitor{}, Decision{Redirect, to, 302, false, false}},
		"Frame":             {Link{URL: to, Type: "frame"}, Visitor{}, Decision{ViaFrame, to, 302, false, false}},
		"Splash":            {Link{URL: to, Type: "splash"}, Visitor{}, Decision{ViaSplash, to, 302, false, false}},
		"CustomSplash":      {Link{URL: to, Type: "12"}, Visitor{}, Decision{ViaSplash, to, 302, false, false}},
		"Overlay":           {Link{URL: to, Type: "overlay-3"}, Visitor{}, Decision{ViaOverlay, to, 302, false, false}},
		"Pixels":            {Link{URL: to, Type: TypeDirect, Options: Options{Pixels: []int64{1}}}, Visitor{}, Decision{ViaPixels, to, 302, false, false}},
		"SplashWithPixels":  {Link{URL: to, Type: "splash", Options: Options{Pixels: []int64{1}}}, Visitor{}, Decision{ViaSplash, to, 302, false, false}},
		"FrameOfMail":       {Link{URL: "mailto:a@example.com", Type: "frame"}, Visitor{}, Decision{Redirect, "mailto:a@example.com", 302, false, false}},
		"AppOnPhone":        {Link{URL: "https://youtu.be/x", Options: Options{DeepLink: auto}}, Visitor{UserAgent: iPhone}, Decision{OpenApp, "https://youtu.be/x", 302, false, false}},
		"AppOnDesk":         {Link{URL: "https://youtu.be/x", Options: Options{DeepLink: auto}}, Visitor{UserAgent: windows}, Decision{Redirect, "https://youtu.be/x", 302, false, false}},
		"AppForBots":        {Link{URL: "https://youtu.be/x", Options: Options{DeepLink: auto}}, Visitor{UserAgent: pixel8, Automatic: true}, Decision{Redirect, "https://youtu.be/x", 302, false, false}},
		"AppUnknown":        {Link{URL: to, Options: Options{DeepLink: auto}}, Visitor{UserAgent: pixel8}, Decision{Redirect, to, 302, false, false}},
		"AppByStore":        {Link{URL: to, Options: Options{DeepLink: &DeepLink{Google: "https://play.google.com/store/apps/details?id=a.b"}}}, Visitor{UserAgent: pixel8}, Decision{OpenApp, to, 302, false, false}},
		"File":              {Link{Kind: KindFile, Options: Options{ClickLimit: 2}}, Visitor{}, Decision{Download, "", 302, true, false}},
		"FileHead":          {Link{Kind: KindFile, Options: Options{ClickLimit: 2}}, Visitor{Automatic: true}, Decision{Download, "", 302, false, true}},
		"FileLocked":        {Link{Kind: KindFile, PasswordHash: "x"}, Visitor{}, Decision{Outcome: AskPassword}},
		"Disabled":          {Link{URL: to, PasswordHash: "x", Expires: before, Options: Options{Disabled: true}}, Visitor{}, Decision{Outcome: Disabled}},
		"FileDisabled":      {Link{Kind: KindFile, Options: Options{Disabled: true}}, Visitor{}, Decision{Outcome: Disabled}},
		"FileEnded":         {Link{Kind: KindFile, Expires: before}, Visitor{}, Decision{Ended, "", 302, false, false}},
		"StaticQRCode":      {Link{Kind: KindQR}, Visitor{}, Decision{Outcome: Nowhere}},
		"QRCode":            {Link{Kind: KindQR, URL: to}, Visitor{}, Decision{Redirect, to, 302, false, false}},
		"QueryNotForwarded": {Link{URL: to}, Visitor{Query: "a=1"}, Decision{Redirect, to, 302, false, false}},
		"QueryForwarded":    {Link{URL: to, Options: Options{ForwardQuery: true}}, Visitor{Query: "a=1"}, Decision{Redirect, to + "?a=1", 302, false, false}},
		"QueryNotToMail":    {Link{URL: "mailto:a@example.com", Options: Options{ForwardQuery: true}}, Visitor{Query: "bcc=x"}, Decision{Redirect, "mailto:a@example.com", 302, false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			target := NewTarget(&c.link)
			c.visitor.Now = now
			if got := Decide(&target, &c.visitor); got != c.want {
				t.Errorf("Decide = %+v; want %+v", got, c.want)
			}
		})
	}
}

// TestDecide_Order: each obstacle hides all those behind it.
func TestDecide_Order(t *testing.T) {
	target := NewTarget(&Link{
		URL: "https://example.com", PasswordHash: "x", Expires: now,
		Options: Options{Starts: now.Add(time.Second)},
	})
	target.Blocked = true
	v := &Visitor{Now: now}
	for _, step := range []struct {
		want  Outcome
		clear func()
	}{
		{Blocked, func() { target.Blocked = false }},
		{NotStarted, func() { target.Starts = 0 }},
		{Ended, func() { target.Expires = 0 }},
		{AskPassword, func() { v.Unlocked = true }},
		{Redirect, func() {}},
	} {
		if got := Decide(&target, v); got.Outcome != step.want {
			t.Fatalf("Decide = %+v; want outcome %d", got, step.want)
		} else if got.Outcome != Redirect && got.URL != "" {
			t.Errorf("outcome %d tells the destination %q", got.Outcome, got.URL)
		}
		step.clear()
	}
}

func TestDecide_NeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		target := drawTarget(t)
		v := Visitor{
			Now:            time.Unix(rapid.Int64().Draw(t, "now"), 0),
			UserAgent:      rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{iPhone, pixel8, windows})).Draw(t, "ua"),
			AcceptLanguage: rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-z]{2}(-[A-Z]{2})?(;q=0\.[0-9])?,?){0,4}`)).Draw(t, "languages"),
			Country:        rapid.SampledFrom([]string{"", "KR", "US"}).Draw(t, "country"),
			Query:          rapid.String().Draw(t, "query"),
			Preview:        rapid.Bool().Draw(t, "preview"),
			Automatic:      rapid.Bool().Draw(t, "automatic"),
			Unlocked:       rapid.Bool().Draw(t, "unlocked"),
		}
		d := Decide(&target, &v)
		if d.Take && (d.Left || v.Automatic || v.Preview || target.Limit == 0) {
			t.Errorf("%+v takes a visit of %+v", d, target)
		}
		if target.Locked && !v.Unlocked && d.URL != "" && d.URL != target.ExpiredURL {
			t.Errorf("a locked link tells %q", d.URL)
		}
	})
}
