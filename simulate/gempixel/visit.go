package gempixel

import (
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/skip2/go-qrcode"

	"github.com/linkquay/linkquay/simulate"
)

const pictureSize = 256

// visit leads a visitor of a short URL on. Rules for countries, devices and
// languages are kept and not obeyed.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := simulate.Now(r)
	if l := s.linkAt(r); l != nil {
		if opened(w, r, l.expiry, text(l.sent["password"]), now) {
			l.clicks++
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			l.unique[host] = true
			http.Redirect(w, r, l.destination(), http.StatusFound)
		}
		return
	}
	if o := s.fileAt(r); o != nil {
		spent := number(o.fields["maxdownloads"])
		if spent > 0 && o.visits >= spent {
			gone(w)
		} else if opened(w, r, o.file.expiry, text(o.fields["password"]), now) {
			o.visits++
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = w.Write(o.file.content)
		}
		return
	}
	gone(w)
}

// destination is where a link leads: its URL with its parameters. Rows without
// name and value are skipped.
func (l *link) destination() string {
	target, err := url.Parse(text(l.sent["url"]))
	rows, _ := l.sent["parameters"].([]any)
	if err != nil || len(rows) == 0 {
		return text(l.sent["url"])
	}
	query := target.Query()
	for _, row := range rows {
		row, _ := row.(map[string]any)
		if name, value := text(row["name"]), text(row["value"]); name != "" && value != "" {
			query.Set(name, value)
		}
	}
	target.RawQuery = query.Encode()
	return target.String()
}

func (s *Site) linkAt(r *http.Request) *link {
	for _, l := range s.links {
		if l.at(r) {
			return l
		}
	}
	return nil
}

func (s *Site) fileAt(r *http.Request) *object {
	for _, o := range s.objects[files.base] {
		if o.file.at(r) {
			return o
		}
	}
	return nil
}

// opened reports whether a visitor may go on, and answers one who may not.
func opened(w http.ResponseWriter, r *http.Request, expiry time.Time, password string, now time.Time) bool {
	switch {
	case !expiry.IsZero() && !now.Before(expiry):
		gone(w)
		return false
	case password != "" && (r.Method != http.MethodPost || r.PostFormValue("password") != password):
		show(w, http.StatusOK, "Password", `<form method="post"><input type="password" name="password"><button>Open</button></form>`)
		return false
	}
	return true
}

func gone(w http.ResponseWriter) {
	show(w, http.StatusNotFound, "Not found", "<p>There is nothing here, or not any more.</p>")
}

func show(w http.ResponseWriter, status int, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	title = html.EscapeString(title)
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>"+title+"</title></head><body><h1>"+title+"</h1>"+body+"</body></html>")
}

// picture draws a QR code. Data that is not a string is drawn as its JSON.
func (s *Site) picture(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.objects[qrCodes.base] {
		if o.code != r.PathValue("code") {
			continue
		}
		data := text(o.fields["data"])
		if data == "" {
			b, _ := json.Marshal(o.fields["data"])
			data = string(b)
		}
		png, err := qrcode.Encode(data, qrcode.Medium, pictureSize)
		if err != nil {
			gone(w)
			return
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(png)
		return
	}
	gone(w)
}
