package adapters

import (
	"strconv"

	"github.com/tidwall/gjson"

	"github.com/linkquay/linkquay/api"
	"github.com/linkquay/linkquay/openapi"
)

// Results is the answer to createLinks, item by item in the order of the call.
// The zero value has none.
type Results struct {
	list            []byte
	created, failed int
}

// Created adds a link that was made.
func (r *Results) Created(id int64, shortURL string) {
	r.created++
	r.begin()
	r.list = append(r.list, `{"error":0,"id":`...)
	r.list = strconv.AppendInt(r.list, id, 10)
	r.list = append(r.list, `,"shorturl":`...)
	r.list = gjson.AppendJSONString(r.list, shortURL)
	r.list = append(r.list, `,"short":`...)
	r.list = gjson.AppendJSONString(r.list, shortURL)
	r.list = append(r.list, '}')
}

// Answered adds an item's answer that is in the contract's shape: that of
// createLink, or an error.
func (r *Results) Answered(document []byte) {
	if gjson.GetBytes(document, "error").Int() == 0 {
		r.created++
	} else {
		r.failed++
	}
	r.begin()
	r.list = append(r.list, document...)
}

// Failed adds the error of an item that brought no link. What is no *api.Error
// is shown without any detail, as everywhere.
func (r *Results) Failed(err error) {
	r.failed++
	r.begin()
	r.list = openapi.AppendError(r.list, api.AsError(err))
}

func (r *Results) begin() {
	if len(r.list) > 0 {
		r.list = append(r.list, ',')
	}
}

// Reply returns the answer to the call.
func (r *Results) Reply() *api.Reply {
	document := make([]byte, 0, len(r.list)+64)
	document = append(document, `{"error":0,"data":{"created":`...)
	document = strconv.AppendInt(document, int64(r.created), 10)
	document = append(document, `,"failed":`...)
	document = strconv.AppendInt(document, int64(r.failed), 10)
	document = append(document, `,"results":[`...)
	document = append(document, r.list...)
	return &api.Reply{Document: append(document, "]}}"...)}
}
