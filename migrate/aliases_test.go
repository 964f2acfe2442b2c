package migrate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linkquay/linkquay/migrate"
)

func TestReadAliases(t *testing.T) {
	seoul := time.FixedZone("KST", 9*60*60)
	o := migrate.AliasOptions{Origin: "https://short.example", Zone: seoul}
	file := "\ufeffAlias, url ,title,created,domain\r\n" +
		"spring,https://example.com/a,\"Spring, \"\"the\"\" sale\",2024-05-06,\r\n" +
		"summer,,,2024-05-06 07:08:09,brand.example\n" +
		"winter,,,,http://other.example/\n"
	got, err := migrate.ReadAliases(strings.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []migrate.Alias{
		{ShortURL: "https://short.example/spring", URL: "https://example.com/a", Title: `Spring, "the" sale`, Created: time.Date(2024, 5, 5, 15, 0, 0, 0, time.UTC)},
		{ShortURL: "https://brand.example/summer", Created: time.Date(2024, 5, 5, 22, 8, 9, 0, time.UTC)},
		{ShortURL: "http://other.example/winter"},
	}
	if len(got) != len(want) {
		t.Fatalf("ReadAliases = %+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("line %d is %+v; want %+v", i+2, got[i], want[i])
		}
	}
	got, err = migrate.ReadAliases(strings.NewReader("\ufeff\"short_url\"\n\"https://short.example/spring\"\n"), migrate.AliasOptions{})
	if err != nil || len(got) != 1 || got[0].ID() != want[0].ID() {
		t.Errorf("ReadAliases = %+v, %v; want the same link", got, err)
	}
}

func TestReadAliases_fails(t *testing.T) {
	for file, want := range map[string]string{
		"":                                           "the file is empty: its first line must name the columns",
		"alias,clicks\n":                             `line 1: there is no column "clicks": use short_url, alias, domain, url, title, created`,
		"url\nhttps://example.com\n":                 "line 1: there must be a column short_url or a column alias, and not both",
		"short_url,domain\n":                         "line 1: a column domain goes with a column alias only",
		"alias,alias\n":                              "line 1: the column alias is there twice",
		"alias,url\nspring\n":                        "line 2: wrong number of fields",
		"alias\nspring\n\n/\n":                       "line 4: alias must be the last part of a short URL",
		"alias\nspring\nspring\n":                    "line 3: the link is on line 2 already",
		"alias,url\nspring,here\n":                   "line 2: url must be an address such as https://example.com/page",
		"alias,created\na,soon\n":                    "line 2: created must be a date as YYYY-MM-DD or YYYY-MM-DD HH:MM:SS",
		"short_url\nftp://a.b/c\n":                   "line 2: short_url must be an address such as https://go.example.com/alias",
		"short_url\nhttps://a.b/\n":                  "line 2: short_url must be an address such as https://go.example.com/alias",
		"alias\n\"spring\n":                          `line 2: extraneous or missing " in quoted-field`,
		"alias\n" + strings.Repeat("a", 9000) + "\n": "line 2: alias is over 8192 bytes",
	} {
		if _, err := migrate.ReadAliases(strings.NewReader(file), migrate.AliasOptions{Origin: "https://short.example"}); err == nil || err.Error() != want {
			t.Errorf("ReadAliases(%.40q) = %v; want %q", file, err, want)
		}
	}
	if _, err := migrate.ReadAliases(strings.NewReader("alias\nspring\n"), migrate.AliasOptions{}); err == nil || err.Error() != "line 2: domain is missing" {
		t.Errorf("ReadAliases without a domain = %v", err)
	}
}

func TestAlias_ID(t *testing.T) {
	a := migrate.Alias{ShortURL: "https://Short.example:443/spring"}
	for short, same := range map[string]bool{
		"https://short.example/spring": true, "http://short.example/spring": true, "https://short.example/Spring": false, "https://other.example/spring": false,
	} {
		id := migrate.Alias{ShortURL: short}.ID()
		if id >= 0 || id < -1<<62 || (id == a.ID()) != same {
			t.Errorf("the id of %s is %d, that of %s %d; want them alike: %t", short, id, a.ShortURL, a.ID(), same)
		}
	}
}
