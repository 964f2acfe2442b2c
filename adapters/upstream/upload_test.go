package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

func TestClient_Upload(t *testing.T) {
	content := strings.Repeat("0123456789", 300_000)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != content || r.Header.Get("Authorization") != "Bearer "+secret.Reveal() || r.Header.Get("Accept") != jsonType {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, `{"error":0}`)
	}))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	for _, size := range []int64{int64(len(content)), -1} {
		resp, err := c.Do(t.Context(), &Request{Method: "POST", Path: "/up", Stream: strings.NewReader(content), Size: size, ContentType: "image/png"})
		if err != nil || resp.Status != 200 {
			t.Errorf("Do = %+v, %v", resp, err)
		}
	}
}

// failing is a stream that ends with an error after some bytes.
type failing struct {
	rest io.Reader
	err  error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.rest.Read(p)
	if errors.Is(err, io.EOF) {
		err = f.err
	}
	return n, err
}

// The client's own failure is told as such, whatever the transport makes of it.
func TestClient_UploadBreaksOff(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"error":0}`)
	}))
	defer site.Close()
	c := mustClient(t, Config{BaseURL: site.URL})
	for _, want := range []struct {
		err  error
		code api.Code
	}{
		{api.Errorf(api.TooLarge, "The file is too large."), api.TooLarge},
		{io.ErrUnexpectedEOF, api.Invalid},
	} {
		stream := failing{bytes.NewReader(make([]byte, 100_000)), want.err}
		if _, err := c.Do(t.Context(), &Request{Method: "POST", Path: "/up", Stream: stream, Size: -1}); api.AsError(err).Code != want.code {
			t.Errorf("Do = %v; want %s", err, want.code)
		}
	}
}

// slow is a stream that never fails and never hurries.
type slow struct{ left int }

func (s *slow) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(40 * time.Millisecond)
	s.left--
	p[0] = 'x'
	return 1, nil
}

// The timeout of an upload is about silence, not about its whole length.
func TestClient_UploadSlow(t *testing.T) {
	silent := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/silent" {
			<-silent
		}
		_, _ = io.WriteString(w, `{"error":0}`)
	}))
	defer site.Close()
	defer close(silent)
	c := mustClient(t, Config{BaseURL: site.URL, Timeout: 200 * time.Millisecond})
	if _, err := c.Do(t.Context(), &Request{Method: "POST", Path: "/up", Stream: &slow{12}, Size: -1}); err != nil {
		t.Errorf("Do = %v", err)
	}
	if _, err := c.Do(t.Context(), &Request{Method: "POST", Path: "/silent", Stream: strings.NewReader("x"), Size: 1}); api.AsError(err).Code != api.Unavailable || !strings.Contains(err.Error(), "in time") {
		t.Errorf("Do = %v; want one that took too long", err)
	}
}
