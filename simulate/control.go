package simulate

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// controlPath is where a simulator is steered. No site has such paths.
const controlPath = "/_simulate/"

func isControl(path string) bool { return strings.HasPrefix(path+"/", controlPath) }

func (s *Server) controls() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_simulate/{$}", s.help)
	mux.HandleFunc("GET /_simulate/faults", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusOK, s.Faults())
	})
	mux.HandleFunc("POST /_simulate/faults", s.postFaults)
	mux.HandleFunc("DELETE /_simulate/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.Heal()
		show(w, http.StatusOK, s.Faults())
	})
	mux.HandleFunc("GET /_simulate/requests", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusOK, s.Requests())
	})
	return mux
}

func (s *Server) help(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	count, set := s.count, len(s.faults)
	s.mu.Unlock()
	out := map[string]any{
		"help": []string{
			"GET /_simulate/faults: the faults that are set",
			`POST /_simulate/faults: set one, such as {"kind":"late","delay":"5s","path":"/api/url/add","times":1}, or an array of them`,
			"DELETE /_simulate/faults: clear all",
			"GET /_simulate/requests: what came",
		},
		"kinds":      Kinds(),
		"faults":     set,
		"requests":   count,
		"over_limit": s.OverLimit(),
	}
	if site, ok := s.site.(Stater); ok {
		out["site"] = site.State()
	}
	show(w, http.StatusOK, out)
}

func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = s.failJSON(bytes.TrimSpace(body))
	}
	if err != nil {
		show(w, http.StatusBadRequest, map[string]any{"error": err.Error(), "kinds": Kinds()})
		return
	}
	show(w, http.StatusOK, s.Faults())
}

// failJSON sets a fault, or an array of them.
func (s *Server) failJSON(body []byte) error {
	var faults []Fault
	if bytes.HasPrefix(body, []byte("[")) {
		if err := json.Unmarshal(body, &faults); err != nil {
			return err
		}
		return s.Fail(faults...)
	}
	var one Fault
	if err := json.Unmarshal(body, &one); err != nil {
		return err
	}
	return s.Fail(one)
}

// show writes JSON for people to read.
func show(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v)
}
