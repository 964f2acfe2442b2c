package openapi

import (
	"net/http"
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
)

// AppendError appends a failure as the contract's Error: the message under the
// names that clients of all ages read, what is wrong with each field, and the
// seconds to wait.
func AppendError(b []byte, err *api.Error) []byte {
	number := 1
	if err.Code == api.RateLimited {
		number = http.StatusTooManyRequests
	}
	b = append(b, `{"error":`...)
	b = strconv.AppendInt(b, int64(number), 10)
	b = append(b, `,"message":`...)
	b = gjson.AppendJSONString(b, err.Message)
	b = append(b, `,"msg":`...)
	b = gjson.AppendJSONString(b, err.Message)
	if len(err.Fields) > 0 {
		b = append(b, `,"errors":`...)
		b = appendFields(b, err.Fields)
	}
	if seconds := err.RetrySeconds(); seconds > 0 {
		b = append(b, `,"Retry-After":`...)
		b = strconv.AppendInt(b, seconds, 10)
	}
	return append(b, '}')
}

// appendFields groups messages by field, in the order of the first mention.
func appendFields(b []byte, fields []api.FieldError) []byte {
	b = append(b, '{')
	done := make(map[string]bool, len(fields))
	for i, f := range fields {
		if done[f.Field] {
			continue
		}
		done[f.Field] = true
		if i > 0 {
			b = append(b, ',')
		}
		b = gjson.AppendJSONString(b, f.Field)
		b = append(b, ':', '[')
		for j, g := range fields[i:] {
			if g.Field != f.Field {
				continue
			}
			if j > 0 {
				b = append(b, ',')
			}
			b = gjson.AppendJSONString(b, g.Message)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}
