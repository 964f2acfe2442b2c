package store_test

import (
	"bytes"
	"testing"

	"github.com/linkquay/linkquay/store"
	"github.com/linkquay/linkquay/store/storetest"
)

func TestSecret(t *testing.T) {
	storetest.EachConfig(t, func(t *testing.T, cfg store.Config) {
		s := storetest.OpenConfig(t, cfg)
		one, err := s.Secret(t.Context(), "signatures")
		if err != nil || len(one) != 32 {
			t.Fatalf("Secret = %d bytes, %v", len(one), err)
		}
		again, err := s.Secret(t.Context(), "signatures")
		if err != nil || !bytes.Equal(one, again) {
			t.Errorf("a second Secret differs, or %v", err)
		}
		other, err := s.Secret(t.Context(), "other")
		if err != nil || bytes.Equal(one, other) {
			t.Errorf("another name has the same secret, or %v", err)
		}
	})
}
