package files_test

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linkquay/linkquay/files"
)

func TestDisposition(t *testing.T) {
	for name, want := range map[string]string{
		"report.pdf":             `attachment; filename="report.pdf"`,
		"my report; v2, (a).pdf": `attachment; filename="my report; v2, (a).pdf"`,
		"naïve.txt":              `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`,
		"보고서.pdf":                `attachment; filename="___.pdf"; filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf`,
		`say "hi".txt`:           `attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt`,
		"100%25.txt":             `attachment; filename="100_25.txt"; filename*=UTF-8''100%2525.txt`,
		"a\r\nSet-Cookie: b":     `attachment; filename="a__Set-Cookie: b"`,
		"../../etc/passwd":       `attachment; filename="passwd"`,
		`C:\temp\x.exe`:          `attachment; filename="x.exe"`,
		"ann\u202etxt.exe":       `attachment; filename="ann_txt.exe"`,
		".htaccess":              `attachment; filename="htaccess"`,
		"x.pdf. . ":              `attachment; filename="x.pdf"`,
		"":                       `attachment; filename="file"`,
		"..":                     `attachment; filename="file"`,
		"dir/":                   `attachment; filename="file"`,
		"bad\xff.txt":            `attachment; filename="bad_.txt"`,
		strings.Repeat("é", 200) + ".txt": `attachment; filename="` + strings.Repeat("_", 125) + `.txt"; filename*=UTF-8''` +
			strings.Repeat("%C3%A9", 125) + ".txt",
	} {
		if got := files.Disposition(name); got != want {
			t.Errorf("Disposition(%q) =\n%s; want\n%s", name, got, want)
		}
	}
}

func FuzzDisposition(f *testing.F) {
	f.Add("naïve \"x\".txt")
	f.Add("\u202e\x00/..")
	f.Fuzz(func(t *testing.T, name string) {
		header := files.Disposition(name)
		for _, r := range header {
			if r < ' ' || r > '~' {
				t.Fatalf("Disposition(%q) = %q holds %q", name, header, r)
			}
		}
		kind, parameters, err := mime.ParseMediaType(header)
		got := parameters["filename"]
		if err != nil || kind != "attachment" || got == "" || len(got) > 255 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\r\n\x00") {
			t.Errorf("Disposition(%q) = %q reads %q, %v", name, header, got, err)
		}
	})
}
