package adapters

import (
	"errors"
	"net/http"
	"testing"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

func TestResults(t *testing.T) {
	contract, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	var r Results
	for _, want := range []string{
		`{"error":0,"data":{"created":0,"failed":0,"results":[]}}`,
		`{"error":0,"data":{"created":1,"failed":0,"results":[{"error":0,"id":7,"shorturl":"https://s/a","short":"https://s/a"}]}}`,
		`{"error":0,"data":{"created":1,"failed":2,"results":[{"error":0,"id":7,"shorturl":"https://s/a","short":"https://s/a"},` +
			`{"error":1,"message":"url is bad.","msg":"url is bad.","errors":{"url":["is bad"]}},` +
			`{"error":1,"message":"An internal error occurred.","msg":"An internal error occurred."}]}}`,
	} {
		got := r.Reply().Document
		if string(got) != want {
			t.Errorf("Reply() = %s; want %s", got, want)
		}
		if err := contract.Operation(api.CreateLinks).ValidateReply(http.StatusOK, got); err != nil {
			t.Error(err)
		}
		if r.created == 0 {
			r.Created(7, "https://s/a")
			continue
		}
		r.Failed(api.InvalidField("url", "is bad"))
		r.Failed(errors.New("secret"))
	}
}

func TestResults_Answered(t *testing.T) {
	var r Results
	r.Answered([]byte(`{"error":0,"id":7,"short":"https://s/a"}`))
	r.Answered([]byte(`{"error":429,"message":"Later."}`))
	const want = `{"error":0,"data":{"created":1,"failed":1,"results":[{"error":0,"id":7,"short":"https://s/a"},{"error":429,"message":"Later."}]}}`
	if got := r.Reply().Document; string(got) != want {
		t.Errorf("Reply() = %s; want %s", got, want)
	}
}
