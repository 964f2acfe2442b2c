package migrate_test

import (
	"testing"

	"github.com/linkquay/linkquay/migrate"
)

func TestEntry_Absorb(t *testing.T) {
	for name, tt := range map[string]struct{ older, newer, want migrate.Entry }{
		"Fields": {
			migrate.Entry{Document: []byte(`{"url":"https://a.example","metatitle":"A","geotarget":[1,2]}`)},
			migrate.Entry{Document: []byte(`{"url":"https://b.example","geotarget":[]}`)},
			migrate.Entry{Document: []byte(`{"url":"https://b.example","metatitle":"A","geotarget":[]}`)},
		},
		"OddNames": {
			migrate.Entry{Document: []byte(`{"a.b":1,"a":{"b":2}}`)},
			migrate.Entry{Document: []byte(`{"a.b":3}`)},
			migrate.Entry{Document: []byte(`{"a.b":3,"a":{"b":2}}`)},
		},
		"Deleted":    {migrate.Entry{Document: []byte(`{"a":1}`)}, migrate.Entry{}, migrate.Entry{Document: []byte(`{"a":1}`)}},
		"OlderEmpty": {migrate.Entry{}, migrate.Entry{Document: []byte(`{"a":1}`)}, migrate.Entry{Document: []byte(`{"a":1}`)}},
		"PasswordKept": {
			migrate.Entry{Document: []byte(`{"a":1}`), PasswordHash: "old"},
			migrate.Entry{Document: []byte(`{"b":2}`)},
			migrate.Entry{Document: []byte(`{"a":1,"b":2}`), PasswordHash: "old"},
		},
		"PasswordChanged": {
			migrate.Entry{PasswordHash: "old"},
			migrate.Entry{Document: []byte(`{}`), PasswordHash: "new"},
			migrate.Entry{Document: []byte(`{}`), PasswordHash: "new"},
		},
		"PasswordTaken": {
			migrate.Entry{Document: []byte(`{"a":1}`), PasswordHash: "old"},
			migrate.Entry{Document: []byte(`{"password":""}`)},
			migrate.Entry{Document: []byte(`{"a":1,"password":""}`)},
		},
		"PasswordSetAgain": {
			migrate.Entry{Document: []byte(`{"a":1,"password":""}`)},
			migrate.Entry{Document: []byte(`{"a":2}`), PasswordHash: "new"},
			migrate.Entry{Document: []byte(`{"a":2}`), PasswordHash: "new"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := tt.newer
			if err := got.Absorb(&tt.older); err != nil {
				t.Fatal(err)
			}
			if string(got.Document) != string(tt.want.Document) || got.PasswordHash != tt.want.PasswordHash {
				t.Errorf("the entry is %s, %q; want %s, %q", got.Document, got.PasswordHash, tt.want.Document, tt.want.PasswordHash)
			}
		})
	}
}
