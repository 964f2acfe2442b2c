package conformance_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/linkquay/linkquay/adapters/adaptertest"
	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/simulate"
)

// TestForwarded: keys that callers bring along are in nothing that is written,
// whatever the site says about them.
func TestForwarded(t *testing.T) {
	for _, kind := range backends[1:] {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := mustStand(t, kind, settings{forward: true})
			told := fmt.Sprintf(`{"error":1,"status":"error","message":"Bad key %[1]s.","errors":{"alias":["%[1]s"],"other":["%[1]s"]}}`, forwarded.Reveal())
			for _, op := range s.supported() {
				for _, f := range []simulate.Fault{
					{Kind: simulate.DieAfterCommit, Times: 1},
					{Kind: simulate.Status, Status: 401, Body: told},
					{Kind: simulate.Status, Status: 422, Body: told},
					{Kind: simulate.Status, Status: 500, Body: told},
					{Kind: simulate.HTML},
				} {
					s.connect(t, patient)
					r := s.smallest(t, op)
					if s.all[op].Fields["password"].Support != api.Refused && r.body != "" && strings.HasSuffix(string(op), "Link") {
						r.body = s.merged(t, r.body, `{"password":"`+password+`"}`)
					}
					if err := s.server.Fail(f); err != nil {
						t.Fatal(err)
					}
					_, _, _ = s.try(t, r)
					s.server.Heal()
					s.forget(t)
				}
			}
		})
	}
}

// hear keeps what a call came back with, however it might be printed.
func (s *stand) hear(reply *api.Reply, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if reply != nil {
		s.said = append(s.said, string(reply.Document), fmt.Sprint(reply.Header), fmt.Sprint(reply.Warnings))
	}
	for _, e := range adaptertest.Chain(err) {
		s.said = append(s.said, e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e))
		if coded, ok := e.(*api.Error); ok { //nolint:errorlint // The chain is walked by hand.
			s.said = append(s.said, coded.Message, fmt.Sprint(coded.Fields))
		}
	}
}

// secrets are what must be nowhere, in every spelling.
func secrets() map[string]string {
	all := map[string]string{}
	for name, secret := range map[string]string{
		"the backend's key": adaptertest.Key.Reveal(), "the caller's key": forwarded.Reveal(), "a password": password,
	} {
		for _, spelling := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(fmt.Sprintf("%q", secret), `"`),
			strings.ReplaceAll(secret, "/", `\/`), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
		} {
			all[spelling] = name
		}
	}
	return all
}

// noSecret fails the test where a secret is in what was answered, logged or
// stored.
func (s *stand) noSecret() {
	found := func(where string, text []byte) {
		for spelling, name := range secrets() {
			if i := bytes.Index(text, []byte(spelling)); i >= 0 {
				s.tb.Errorf("%s: %s is in %s: …%q…", s.kind, name, where, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
	s.mu.Lock()
	for _, text := range s.said {
		found("an answer", []byte(text))
	}
	s.mu.Unlock()
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg", NameKey: "logger"})
	for _, entry := range s.logs.All() {
		line, err := encoder.EncodeEntry(entry.Entry, entry.Context)
		if err != nil {
			s.tb.Errorf("encoding a log entry: %v", err)
			continue
		}
		found("the log", line.Bytes())
	}
	for _, end := range []string{"", "-wal", "-journal"} {
		content, err := os.ReadFile(s.path + end)
		if err == nil {
			found("the database's file"+end, content)
		} else if end == "" {
			s.tb.Errorf("reading the database: %v", err)
		}
	}
}

// logos answers every address with a picture.
type logos struct{}

func (logos) Get(context.Context, string, int64) ([]byte, http.Header, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	return b.Bytes(), nil, err
}
