package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkquay/linkquay/openapi"
)

func TestConstantsAreCurrent(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	want, err := constants(contract)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../api/operations.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go generate ./openapi/... (-want +got):\n%s", diff)
	}
}
