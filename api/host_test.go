package api

import "testing"

func TestHostOf(t *testing.T) {
	for s, want := range map[string]string{
		"https://Go.Example.com":      "go.example.com",
		"https://go.example.com/":     "go.example.com",
		"https://go.example.com:443":  "go.example.com",
		"http://go.example.com:80/":   "go.example.com",
		"http://go.example.com:8080":  "go.example.com:8080",
		"https://go.example.com:80":   "go.example.com:80",
		"go.example.com":              "go.example.com",
		"go.example.com:443":          "go.example.com",
		"localhost:8080":              "localhost:8080",
		"http://localhost.:8080":      "localhost:8080",
		"http://localhost:08080":      "localhost:8080",
		"https://[2001:db8::1]:8443/": "[2001:db8::1]:8443",
	} {
		if got := HostOf(s); got != want {
			t.Errorf("HostOf(%q) = %q; want %q", s, got, want)
		}
	}
}
