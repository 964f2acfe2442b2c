package openapi

import (
	"testing"
	"time"

	"github.com/linkquay/linkquay/api"
)

func TestAppendError(t *testing.T) {
	c := mustLoad(t)
	for want, err := range map[string]*api.Error{
		`{"error":1,"message":"a \"b\"","msg":"a \"b\""}`:                        {Code: api.Conflict, Message: `a "b"`},
		`{"error":429,"message":"wait","msg":"wait","Retry-After":2}`:            {Code: api.RateLimited, Message: "wait", RetryAfter: time.Second + 1},
		`{"error":1,"message":"m","msg":"m","errors":{"a":["x","z"],"b":["y"]}}`: {Code: api.Invalid, Message: "m", Fields: []api.FieldError{{Field: "a", Message: "x"}, {Field: "b", Message: "y"}, {Field: "a", Message: "z"}}},
	} {
		got := AppendError([]byte("x"), err)
		if string(got) != "x"+want {
			t.Errorf("AppendError(%v) = %s; want x%s", err, got, want)
		}
		if err := c.Operation(api.CreateLink).ValidateReply(400, got[1:]); err != nil {
			t.Error(err)
		}
	}
}
