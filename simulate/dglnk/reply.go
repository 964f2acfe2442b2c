package dglnk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"unicode/utf16"
)

// problems are what is wrong with a request, by field.
type problems map[string][]string

func (p problems) add(field, format string, args ...any) {
	p[field] = append(p[field], fmt.Sprintf(format, args...))
}

// answer writes JSON as PHP spells it: slashes and all that is not ASCII escaped.
func answer(w http.ResponseWriter, status int, reply any) {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(reply); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var out bytes.Buffer
	for _, c := range strings.TrimSpace(plain.String()) {
		switch {
		case c == '/':
			out.WriteString(`\/`)
		case c < 0x80:
			out.WriteRune(c)
		default:
			for _, unit := range utf16.Encode([]rune{c}) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// succeed answers 200 with one member beside the status.
func succeed(w http.ResponseWriter, member string, value any) {
	reply := map[string]any{"status": "success"}
	if member != "" {
		reply[member] = value
	}
	answer(w, http.StatusOK, reply)
}

// fail answers a status: JSON for callers that ask for it, else a page.
func fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	if wantsJSON(r) {
		answer(w, status, map[string]any{"message": message})
		return
	}
	page(w, status, message, "")
}

// invalid answers what is wrong with a request. Version 1 has a shape of its
// own for it. A caller that shows no sign of JSON is sent back to where it came
// from, as a form in a browser is.
func (s *Site) invalid(w http.ResponseWriter, r *http.Request, p problems) {
	switch {
	case !wantsJSON(r) && (s.o.APIVersion == 3 || !sendsJSON(r)):
		redirect(w, "/")
	case s.o.APIVersion == 3:
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "The given data was invalid.", "errors": p})
	default:
		answer(w, s.o.ErrorStatus, map[string]any{"status": "error", "messages": p})
	}
}

// page writes an HTML page; body is trusted.
func page(w http.ResponseWriter, status int, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	title = html.EscapeString(title)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1>%s</body></html>\n", title, title, body)
}

// redirect sends the caller on. Unlike http.Redirect it leaves the address as it
// is.
func redirect(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	page(w, http.StatusFound, "Redirecting", "")
}

func wantsJSON(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "/json") }

func sendsJSON(r *http.Request) bool { return strings.Contains(r.Header.Get("Content-Type"), "/json") }
