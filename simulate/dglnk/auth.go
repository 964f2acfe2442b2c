package dglnk

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// guarded lets the user in and nobody else. Version 1 takes the key from the
// address alone, version 3 from the Authorization header alone.
func (s *Site) guarded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.Query().Get("api_token")
		if s.o.APIVersion == 3 {
			bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if key = bearer; !ok {
				key = ""
			}
		}
		switch {
		case subtle.ConstantTimeCompare([]byte(key), []byte(s.o.Key)) == 0:
			if wantsJSON(r) {
				answer(w, http.StatusUnauthorized, map[string]any{"message": "Unauthenticated."})
				return
			}
			redirect(w, "/login")
		case s.o.NoAccess:
			fail(w, r, http.StatusForbidden, "This action is unauthorized.")
		default:
			h(w, r)
		}
	}
}

// pages are what every version serves beside its API.
func (s *Site) pages() {
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusNotFound, "Not Found")
	})
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		page(w, http.StatusOK, "Shorten links", "")
	})
	s.mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) {
		page(w, http.StatusOK, "Login", unlockForm)
	})
	for _, path := range []string{"/dashboard", "/dashboard/", "/admin", "/admin/", "/account/"} {
		s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { redirect(w, "/login") })
	}
	s.mux.HandleFunc("GET /{alias}", s.visit)
	s.mux.HandleFunc("POST /{alias}", s.visit)
}
