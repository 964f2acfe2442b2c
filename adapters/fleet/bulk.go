package fleet

import (
	"context"
	"errors"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"github.com/linkquay/linkquay/adapters"
	"github.com/linkquay/linkquay/api"
)

// share is what one backend does of a call of createLinks.
type share struct {
	member *member
	call   *api.Call
	reply  *api.Reply
	err    error

	// results are the answers to all items of the call, others' too.
	results [][]byte
}

// errElsewhere stands in the place of an item that another backend makes.
var errElsewhere = api.Errorf(api.Invalid, "This link is made by another backend.")

// createLinks has each backend make its items. Each gets the items at the places
// that they have in the request, with errors in the places of the others',
// because promises about items are told by their places.
func (r *router) createLinks(ctx context.Context, call *api.Call) (*api.Reply, error) {
	items, shares, err := r.shares(ctx, call)
	if err != nil {
		return nil, err
	}
	for i, err := range each(shares, func(s *share) error { return s.make(ctx, r.scribe(s.member)) }) {
		if shares[i].err = err; err == nil {
			continue
		}
		if len(shares) == 1 {
			return nil, err
		}
		// The answer is a success, and would not be looked into.
		r.logger.Warn("a backend made none of its items of createLinks", zap.String("backend", shares[i].member.name), zap.Error(err))
	}
	var results adapters.Results
	for i, item := range items {
		switch {
		case item.Err != nil:
			results.Failed(item.Err)
		case item.share.err != nil:
			results.Failed(item.share.err)
		default:
			results.Answered(item.share.results[i])
		}
	}
	reply := results.Reply()
	replies := make([]*api.Reply, 0, len(shares))
	for _, s := range shares {
		if s.err == nil {
			replies = append(replies, s.reply)
		}
	}
	reply.Header = joinHeaders(replies)
	if len(replies) < len(shares) {
		// What failed was not answered earlier.
		delete(reply.Header, adapters.Replayed)
	}
	for _, one := range replies {
		reply.Warnings = append(reply.Warnings, one.Warnings...)
	}
	return reply, nil
}

// placed is an item and who makes it, or what is wrong with it.
type placed struct {
	api.Item
	share *share
}

// shares places the items. Nothing is made where one of the backends cannot heed
// the call's promise.
func (r *router) shares(ctx context.Context, call *api.Call) ([]placed, []*share, error) {
	items := make([]placed, len(call.Items))
	var shares []*share
	of := map[*member]*share{}
	for i, item := range call.Items {
		if item.Err != nil {
			items[i].Err = item.Err
			continue
		}
		m, err := r.place(ctx, domainOf(item.Document))
		if err != nil {
			return nil, nil, err
		}
		document, err := r.inward(m, item.Document)
		if err != nil {
			items[i].Err = api.AsError(err)
			continue
		}
		s, ok := of[m]
		if !ok {
			s = &share{member: m}
			of[m], shares = s, append(shares, s)
		}
		items[i].Document, items[i].share = document, s
	}
	for _, s := range shares {
		err := s.member.accepts(call)
		if failure, ok := errors.AsType[*api.Error](err); ok && len(failure.Fields) > 0 {
			return nil, nil, err
		}
		s.call = s.of(call, items)
	}
	return items, shares, nil
}

// of returns the call with the items of the share alone.
func (s *share) of(call *api.Call, items []placed) *api.Call {
	one := *call
	one.Items = make([]api.Item, len(items))
	for i, item := range items {
		switch {
		case item.Err != nil:
			one.Items[i].Err = item.Err
		case item.share != s:
			one.Items[i].Err = errElsewhere
		default:
			one.Items[i].Document = item.Document
		}
	}
	return &one
}

// make has the backend make its share.
func (s *share) make(ctx context.Context, w scribe) (err error) {
	if s.reply, err = s.member.do(ctx, s.call); err != nil {
		return err
	}
	results := gjson.GetBytes(s.reply.Document, "data.results").Array()
	if len(results) != len(s.call.Items) {
		return w.unexpected()
	}
	s.results = make([][]byte, len(results))
	for i, result := range results {
		if s.call.Items[i].Err != nil {
			continue
		}
		text, err := w.object(adapters.KindLink, result.Raw)
		if err != nil {
			return err
		}
		s.results[i] = []byte(text)
	}
	return nil
}
