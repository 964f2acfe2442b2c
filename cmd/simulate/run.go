package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linkquay/linkquay/simulate"
	"github.com/linkquay/linkquay/simulate/dglnk"
	"github.com/linkquay/linkquay/simulate/gempixel"
)

// errUsage tells that the arguments are wrong, which has been said already.
var errUsage = errors.New("usage")

const usage = `usage: simulate gempixel [flags]
       simulate dglnk --api-version 1|3 [flags]
`

// settings are what the flags say.
type settings struct {
	listen, key, shortDomain string
	zone                     *time.Location
	rate                     rate

	reuse       bool // gempixel
	errorStatus int
	apiVersion  int // dglnk
}

// rate is a number of requests in a window, written as 30/1m; the zero value
// is "off".
type rate struct {
	requests int
	window   time.Duration
}

func (r *rate) String() string {
	if r.requests == 0 {
		return "off"
	}
	return strconv.Itoa(r.requests) + "/" + r.window.String()
}

func (r *rate) Set(s string) error {
	if s == "off" {
		*r = rate{}
		return nil
	}
	count, length, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	window, err2 := time.ParseDuration(length)
	if err != nil || err2 != nil || n < 1 || window <= 0 {
		return errors.New(`want "off" or a number and a time, such as 30/1m`)
	}
	*r = rate{n, window}
	return nil
}

// program is one of the sites.
type program struct {
	settings settings                                // the defaults
	flags    func(fs *flag.FlagSet, s *settings)     // beside those that all have
	site     func(s settings) (http.Handler, string) // with an example for its users, where {url} and {key} stand for these
}

var programs = map[string]program{
	"gempixel": {
		settings: settings{listen: "127.0.0.1:9091", key: gempixel.DefaultKey, rate: rate{30, time.Minute}},
		flags: func(fs *flag.FlagSet, s *settings) {
			fs.BoolVar(&s.reuse, "reuse", false, "answer a create without alias by the link that the URL has already")
			fs.IntVar(&s.errorStatus, "error-status", http.StatusBadRequest, "`status` of refusals: 400 or 200, as sites differ")
		},
		site: func(s settings) (http.Handler, string) {
			site := gempixel.New(gempixel.Options{
				Keys: map[string]string{s.key: "main"}, ShortDomain: s.shortDomain, Zone: s.zone,
				Reuse: s.reuse, ErrorStatus: s.errorStatus,
			})
			return site, `curl -H 'Authorization: Bearer {key}' -d '{"url":"https://example.com/"}' {url}/api/url/add`
		},
	},
	"dglnk": {
		settings: settings{listen: "127.0.0.1:9092", key: dglnk.DefaultKey, rate: rate{60, time.Minute}},
		flags: func(fs *flag.FlagSet, s *settings) {
			fs.IntVar(&s.apiVersion, "api-version", 1, "`version` of the API: 1 or 3")
		},
		site: func(s settings) (http.Handler, string) {
			site := dglnk.New(dglnk.Options{APIVersion: s.apiVersion, Key: s.key, ShortDomain: s.shortDomain, Zone: s.zone})
			if s.apiVersion == 3 {
				return site, `curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{"long_url":"https://example.com/"}' {url}/api/v1/link`
			}
			return site, `curl -H 'Content-Type: application/json' -d '{"long_url":"https://example.com/"}' '{url}/api/links/create?api_token={key}'`
		},
	},
}

// run serves the site that the arguments name until the context ends.
func run(ctx context.Context, args []string, out, complaints io.Writer) error {
	if len(args) == 0 || programs[args[0]].site == nil {
		_, _ = io.WriteString(complaints, usage)
		return errUsage
	}
	p := programs[args[0]]
	s, err := p.parse(args, complaints)
	if err != nil {
		return err
	}
	site, example := p.site(s)
	server := simulate.NewServer(site, simulate.Options{Rate: s.rate.requests, Window: s.rate.window})
	if err := server.Listen(ctx, s.listen); err != nil {
		return err
	}
	defer server.Close()
	example = strings.NewReplacer("{url}", server.URL, "{key}", s.key).Replace(example)
	_, err = fmt.Fprintf(out, `Simulating %s at %s
API key:    %s
Rate limit: %s
Try:        %s
State:      curl %[2]s/_simulate/
Faults:     curl -d '{"kind":"late","delay":"5s","times":1}' %[2]s/_simulate/faults
Healing:    curl -X DELETE %[2]s/_simulate/faults
Requests:   curl %[2]s/_simulate/requests
Stop with Ctrl+C. Nothing is kept.
`, args[0], server.URL, s.key, &s.rate, example)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// parse reads the flags behind the name of the site, and refuses what no site
// can be.
func (p program) parse(args []string, complaints io.Writer) (settings, error) {
	s := p.settings
	fs := flag.NewFlagSet("simulate "+args[0], flag.ContinueOnError)
	fs.SetOutput(complaints)
	fs.StringVar(&s.listen, "listen", s.listen, "`address` to listen on; port 0 takes a free one")
	fs.StringVar(&s.key, "key", s.key, "the API `key`")
	fs.StringVar(&s.shortDomain, "short-domain", "", "`URL` below which short URLs stand; by default the site's own")
	fs.Var(&s.rate, "rate", "the site's own `limit` for a key, or \"off\"")
	zone := fs.String("zone", "UTC", "time `zone` of the site, such as Asia/Seoul")
	p.flags(fs, &s)
	if err := fs.Parse(args[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return s, err
		}
		return s, errUsage
	}
	var err error
	switch s.zone, err = time.LoadLocation(*zone); {
	case err != nil:
		return s, fmt.Errorf("--zone: %w", err)
	case fs.NArg() > 0:
		return s, fmt.Errorf("what is %q? flags begin with --", fs.Arg(0))
	case s.key == "":
		return s, errors.New("--key: must not be empty")
	case s.errorStatus != 0 && s.errorStatus != http.StatusOK && s.errorStatus != http.StatusBadRequest:
		return s, errors.New("--error-status: must be 200 or 400")
	case args[0] == "dglnk" && s.apiVersion != 1 && s.apiVersion != 3:
		return s, errors.New("--api-version: must be 1 or 3")
	}
	return s, nil
}
